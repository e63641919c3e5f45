"""The words of a text that say something, and how near two of them are, across languages."""

import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from AI_model.replies.grounding.numbers import DATA, folded

if TYPE_CHECKING:
    from AI_model.retrieval.encoder import Vectors

_WORD = re.compile(r"[^\W\d_]+(?:['’ʻʼ`-][^\W\d_]+)*")
_LETTERS = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]+")
KEPT = 20_000
LONGEST = 40


@cache
def little_words() -> frozenset[str]:
    table: dict[str, str] = json.loads((DATA / "little_words.json").read_text(encoding="utf-8"))
    return frozenset(folded(word) for words in table.values() for word in words.split())


def content_words(text: str) -> list[str]:
    """Once each, in order, without little words; scripts without blanks in pairs of letters."""
    found: list[str] = []
    for match in _WORD.finditer(text):
        word = folded(match[0])
        if _LETTERS.fullmatch(word):
            found += [word[n : n + 2] for n in range(max(1, len(word) - 1))]
        elif 2 < len(word) <= LONGEST and word not in little_words():
            found.append(word)
    return list(dict.fromkeys(found))


def alike(one: str, other: str) -> bool:
    """The same word with another ending."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) < 4:
        return False
    common = next(
        (n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short)
    )
    return common >= 4 and common >= len(short) - 3 and common * 5 >= len(long) * 3


@lru_cache(maxsize=KEPT)
def _vector(text: str) -> "Vectors":
    from AI_model.retrieval.encoder import encode  # arithmetic that an idle process needs not

    vector: Vectors = encode([text])[0]
    return vector


def vectors_of(texts: Sequence[str]) -> "Vectors":
    """A row each; known texts cost nothing."""
    import numpy as np

    from AI_model.retrieval.encoder import encode

    return np.stack([_vector(text) for text in texts]) if texts else encode([])


def nearness(words: Sequence[str], among: Sequence[str]) -> list[float]:
    """For each word how near the nearest of the others is: 1 the same, under 0.5 another thing."""
    if not words or not among:
        return [0.0] * len(words)
    alone = [n for n, word in enumerate(words) if not any(alike(word, one) for one in among)]
    found = [1.0] * len(words)
    if alone:
        best = (vectors_of([words[n] for n in alone]) @ vectors_of(among).T).max(axis=1)
        for n, value in zip(alone, best, strict=True):
            found[n] = min(1.0, max(0.0, float(value)))
    return found


def unmeaning(word: str) -> bool:
    """A word that any answer may hold, such as “costs”; it is never news."""
    return word in common_words()


@cache
def common_words() -> frozenset[str]:
    text = (DATA / "common_words.txt").read_text(encoding="utf-8")
    return frozenset(folded(word) for word in text.split())
