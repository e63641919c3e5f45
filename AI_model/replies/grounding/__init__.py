"""Does an answer that a model wrote rest on what it was given? Pure arithmetic; knows no row."""
