"""What customers say that needs no knowledge: words in JSON by language, and how to match them."""
