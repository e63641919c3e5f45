"""What a person types, as it is kept."""

from core.lib.rest import refuse

LONGEST_MESSAGE = 100_000


def checked_words(content: str) -> str:
    """Without blank ends; DomainError naming the field when nothing or too much is left."""
    words = content.strip()
    if not words:
        refuse("content", "Write something first.")
    if len(words) > LONGEST_MESSAGE:
        refuse("content", f"At most {LONGEST_MESSAGE:,} characters fit into one message.")
    if "\0" in words:
        refuse("content", "Null characters are not allowed.")
    return words
