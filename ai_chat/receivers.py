"""What we start because of what happened elsewhere."""
