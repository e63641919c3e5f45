"""How indexes are laid out now. Apart from the code that does it: that takes memory to load."""

LAYOUT = 5
"""Raise it with every change of what an index holds or how it is computed; all are built anew."""
