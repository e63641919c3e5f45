"""Wordings of a question, each once."""

from collections.abc import Iterable, Sequence

MOST_PHRASINGS = 10


def distinct(texts: Iterable[str], *, but: Sequence[str] = ()) -> list[str]:
    """Each wording once, in order, without those of `but`; at most MOST_PHRASINGS."""
    seen = {wording(text) for text in but}
    kept: dict[str, str] = {}
    for text in texts:
        if (key := wording(text)) and key not in seen:
            kept.setdefault(key, text)
    return list(kept.values())[:MOST_PHRASINGS]


def wording(text: str) -> str:
    """By which two texts are the same words."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
