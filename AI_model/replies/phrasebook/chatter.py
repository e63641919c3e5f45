"""Messages that are nothing but small talk, cut into known phrases from their beginning on."""

import re
import unicodedata
from functools import cache

from AI_model.replies.phrasebook.folding import END, UNSPACED, fold, read_book, shorten

LONGEST = 160
"""Characters; longer messages say more than small talk."""
FILLER = "filler"
# Of several kinds in one message, the first of these is answered.
WEIGHT = (
    "bot",
    "who",
    "how_are_you",
    "thanks",
    "bye",
    "apology",
    "compliment",
    "greeting",
    "ok",
    FILLER,
)
MOST_WORDS = 9
MOST_LETTERS = 24
_PICTURES = ("So", "Sk", "Cn")
ANGRY_PICTURES = frozenset("😠😡🤬👎🖕😤💩🤮")


@cache
def _phrases() -> dict[str, str]:
    """The kind of each folded phrase. One that stands in two kinds is the weightier."""
    found: dict[str, str] = {}
    books = {**read_book("chatter"), **read_book("asides")}
    for kind in reversed(WEIGHT):
        for of_language in books[kind].values():
            found.update((fold(phrase), kind) for phrase in of_language.split("|"))
    found.pop("", None)
    return found


@cache
def _joined() -> dict[str, str]:
    """The phrases of scripts that put no blanks between words."""
    return {p.replace(" ", ""): kind for p, kind in _phrases().items() if UNSPACED.search(p)} | {
        p: kind for p, kind in _phrases().items() if kind == FILLER
    }


def kind_of(folded: str) -> str:
    """The weightiest kind of small talk in a text that is nothing else; "" for all other texts."""
    return _kind_of(folded) or (_kind_of(short) if (short := shorten(folded)) != folded else "")


def _kind_of(folded: str) -> str:
    words = [word for word in folded.split() if word != END]
    kinds = _kinds_of_words(words) or (
        _kinds_of_letters("".join(words)) if UNSPACED.search(folded) else set()
    )
    best = min(kinds, key=WEIGHT.index, default="")
    return "" if best == FILLER else best


def _kinds_of_words(words: list[str]) -> set[str]:
    kinds: set[str] = set()
    while words:
        for length in range(min(MOST_WORDS, len(words)), 0, -1):
            if kind := _phrases().get(" ".join(words[:length])):
                kinds.add(kind)
                words = words[length:]
                break
        else:
            return set()
    return kinds


def _kinds_of_letters(text: str) -> set[str]:
    kinds: set[str] = set()
    while text:
        for length in range(min(MOST_LETTERS, len(text)), 0, -1):
            if kind := _joined().get(text[:length]):
                kinds.add(kind)
                text = text[length:]
                break
        else:
            return set()
    return kinds


def is_emoji(text: str) -> bool:
    """Friendly pictures and signs and nothing else: 👍, :)"""
    bare = re.sub(r"(?:[:;=]-?[)dDpP*]+|<3|\^_*\^|\s)", "\U0001f642", text.strip())
    if not bare or any(char.isalnum() for char in bare) or set(bare) & ANGRY_PICTURES:
        return False
    return any(unicodedata.category(char) in _PICTURES for char in bare)
