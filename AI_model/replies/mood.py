"""How angry a customer sounds: by words in twenty languages, and by how they are written."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from AI_model.replies.phrasebook.chatter import ANGRY_PICTURES
from AI_model.replies.phrasebook.folding import END, UNSPACED, fold, read_book

ANGRY = 2
FURIOUS = 4
LONGEST = 1_500
"""Characters of a message that are looked at."""
MOST_WORDS = 5
SHORTEST_STEM = 3
SHOUTED_WORDS = 4
SHOUTED_SHARE = 0.7
_STRESSED = re.compile(r"[!?！？؟]{2,}")
_WORD = re.compile(r"[^\W\d_]{2,}")


def is_angry(text: str) -> bool:
    return points_of(text) >= ANGRY


def anger(texts: Sequence[str]) -> int:
    """Of a customer's last messages, the newest last: 0 calm, 1 angry, 2 furious or angry again."""
    points = [points_of(text) for text in texts]
    if not points or points[-1] < ANGRY:
        return 0
    again = any(earlier >= ANGRY for earlier in points[:-1])
    return 2 if again or points[-1] >= FURIOUS else 1


@lru_cache(maxsize=64)
def points_of(text: str) -> int:
    """Words count up to 3 each, pictures 2, shouting and !!! one each, and those only together."""
    cut = text[:LONGEST]
    worded = sum(_said(fold(cut))) + (2 if ANGRY_PICTURES & set(cut) else 0)
    shaped = is_shouted(cut) + bool(_STRESSED.search(cut))
    return worded + shaped


def is_shouted(text: str) -> bool:
    """Most of several words are in capitals; a script without capitals never shouts."""
    words = _WORD.findall(text)
    loud = sum(word.isupper() for word in words)
    return len(words) >= SHOUTED_WORDS and loud >= SHOUTED_SHARE * len(words)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Points of phrases, of phrases whose last word is a stem, and how the first words begin."""

    whole: Mapping[str, int]
    stems: Mapping[str, int]
    joined: Mapping[str, int]
    starts: frozenset[str]


def _said(folded: str) -> Iterator[int]:
    lexicon = _lexicon()
    words = [word for word in folded.split() if word != END]
    unspaced = UNSPACED.search(folded) is not None
    at = 0 if not unspaced else len(words)
    while at < len(words):
        length, points = _longest(lexicon, words, at)
        yield points
        at += length
    if unspaced:
        joined = "".join(words)
        yield from (points for phrase, points in lexicon.joined.items() if phrase in joined)


def _longest(lexicon: Lexicon, words: list[str], at: int) -> tuple[int, int]:
    """How many words the longest phrase from there on takes, and its points."""
    if words[at][:SHORTEST_STEM] in lexicon.starts:
        for length in range(min(MOST_WORDS, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + length])
            if (points := lexicon.whole.get(phrase)) is not None:
                return length, points
            shortest = len(phrase) - len(words[at + length - 1]) + SHORTEST_STEM
            for end in range(len(phrase), shortest - 1, -1) if lexicon.stems else ():
                if (points := lexicon.stems.get(phrase[:end])) is not None:
                    return length, points
    return 1, 0


@cache
def _lexicon() -> Lexicon:
    book = read_book("anger")
    rows = {int(points): by for points, by in book["points"].items()}
    found: dict[str, int] = {}
    for points, by_language in [*sorted(rows.items()), (0, book["calm"])]:
        for phrases in by_language.values():
            found.update(dict.fromkeys(map(_folded, phrases.split("|")), points))
    return Lexicon(
        whole={phrase: points for phrase, points in found.items() if phrase[-1] != "*"},
        stems={phrase[:-1]: points for phrase, points in found.items() if phrase[-1] == "*"},
        joined={p.replace(" ", ""): n for p, n in found.items() if UNSPACED.search(p)},
        starts=frozenset(phrase.split(" ")[0].rstrip("*")[:SHORTEST_STEM] for phrase in found),
    )


def _folded(phrase: str) -> str:
    return fold(phrase) + "*" * phrase.endswith("*")
