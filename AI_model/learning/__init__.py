"""What can be learned from people's answers. Pure: no row, no clock."""
