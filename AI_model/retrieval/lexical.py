"""Word and letter-group matching over an inverted index held in numpy arrays alone.

Terms are known by a 32-bit hash: two that share one are a chance in millions, and cost little.
"""

import math
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]

# BM25's usual constants: how fast a repeated word stops counting, and how much length matters.
K1 = 1.2
B = 0.5
MOST_TIMES = 255
"""A term that stands more often in a text counts as often as this."""
SIZES = (3, 4, 5)
TEXT_SIZES = (4,)
"""Of letter groups in phrasings; in texts, which have many words, one size is enough."""

_WORD = re.compile(r"\w+")
_CLITIC = re.compile(r"['\u2019`\u00b4]")


def normalised(text: str) -> str:
    """Case, width, accents and apostrophes evened out: chat spelling meets book spelling."""
    folded = unicodedata.normalize("NFKD", _CLITIC.sub("", text)).casefold()
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """The text's words without plural and third-person endings."""
    return [_stem(word) for word in _WORD.findall(normalised(text))]


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def letter_groups(text: str, sizes: tuple[int, ...] = SIZES) -> Counter[str]:
    """How often each group of letters stands in the text, words padded with blanks."""
    groups: Counter[str] = Counter()
    for word in _WORD.findall(normalised(text)):
        groups.update(_groups_of(word, sizes))
    return groups


@lru_cache(maxsize=20_000)
def _groups_of(word: str, sizes: tuple[int, ...]) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple(
        padded[start : start + size] for size in sizes for start in range(len(padded) - size + 1)
    )


def key_of(term: str) -> int:
    return crc32(term.encode())


@dataclass(frozen=True, slots=True)
class Counts:
    """Which term stands in which text how often: three columns, one row per pair."""

    keys: NDArray[np.uint32]
    terms: Integers
    texts: Integers
    times: Floats
    size: int

    def idf(self) -> Floats:
        """The weight of each term: the fewer texts hold it, the more it says."""
        frequency = np.bincount(self.terms, minlength=len(self.keys))
        rarity: Floats = np.log1p((self.size - frequency + 0.5) / (frequency + 0.5))
        return rarity.astype(np.float32)

    def sum_by_text(self, values: Floats) -> Floats:
        sums = np.bincount(self.texts, weights=values, minlength=self.size)
        return sums.astype(np.float32)


def count_terms(rows: Iterable[Mapping[str, int]]) -> Counts:
    found, texts, times = array("I"), array("i"), array("f")
    size = 0
    for size, row in enumerate(rows, start=1):
        found.extend(key_of(term) for term in row)
        texts.extend([size - 1] * len(row))
        times.extend(min(count, MOST_TIMES) for count in row.values())
    keys, terms = np.unique(np.array(found, dtype=np.uint32), return_inverse=True)
    return Counts(
        keys=keys,
        terms=terms.astype(np.int32),
        texts=np.array(texts, dtype=np.int32),
        times=np.array(times, dtype=np.float32),
        size=size,
    )


@dataclass(frozen=True, slots=True)
class Postings:
    """For each term, by the order of its key, the texts that hold it with its weight there."""

    keys: NDArray[np.uint32]
    idf: NDArray[np.float16]
    ends: NDArray[np.int64]
    texts: Integers
    weights: NDArray[np.float16]
    times: NDArray[np.uint8]
    size: int

    @classmethod
    def of(cls, counts: Counts, weights: NDArray[np.floating[Any]]) -> "Postings":
        order = np.argsort(counts.terms, kind="stable")
        lengths = np.bincount(counts.terms, minlength=len(counts.keys))
        return cls(
            keys=counts.keys,
            idf=counts.idf().astype(np.float16),
            ends=np.cumsum(lengths).astype(np.int64),
            texts=counts.texts[order],
            weights=weights[order].astype(np.float16),
            times=np.minimum(counts.times[order], MOST_TIMES).astype(np.uint8),
            size=counts.size,
        )

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]], prefix: str, size: int) -> "Postings":
        fields = {name: arrays[prefix + name] for name in ARRAYS}
        return cls(**fields, size=size)

    def arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        return {prefix + name: getattr(self, name) for name in ARRAYS}

    def __contains__(self, term: str) -> bool:
        return self._number(term) is not None

    def _number(self, term: str) -> int | None:
        key = key_of(term)
        number = int(np.searchsorted(self.keys, np.uint32(key)))
        return number if number < len(self.keys) and int(self.keys[number]) == key else None

    def idf_of(self, term: str) -> float:
        number = self._number(term)
        return self.unseen_idf if number is None else float(self.idf[number])

    @property
    def unseen_idf(self) -> float:
        return math.log1p((self.size + 0.5) / 0.5)

    def scores(self, query: Mapping[str, float]) -> Floats:
        """The dot product of the query with every text."""
        result = np.zeros(self.size, dtype=np.float32)
        for number, weight in self._known(query):
            start = int(self.ends[number - 1]) if number else 0
            span = slice(start, int(self.ends[number]))
            result[self.texts[span]] += np.float32(weight) * self.weights[span]
        return result

    def _known(self, query: Mapping[str, float]) -> Iterator[tuple[int, float]]:
        for term, weight in query.items():
            if (number := self._number(term)) is not None:
                yield number, weight


ARRAYS = ("keys", "idf", "ends", "texts", "weights", "times")


def count_words(texts: Iterable[str]) -> Counts:
    return count_terms(Counter(words(text)) for text in texts)


def weigh_words(counts: Counts) -> Postings:
    """BM25: the weight of each word in each text."""
    lengths = counts.sum_by_text(counts.times)
    relative = lengths[counts.texts] / (lengths.mean() if counts.size else 1.0)
    damped = counts.times * (K1 + 1) / (counts.times + K1 * (1 - B + B * relative))
    return Postings.of(counts, counts.idf()[counts.terms] * damped)


def match_words(postings: Postings, question: str) -> Floats:
    """One score per text; 1 = every word of the question found where it is rare."""
    query = dict.fromkeys(words(question), 1.0)
    most = sum(postings.idf_of(term) for term in query)
    ceiling = most * (K1 + 1) / 2 or 1.0
    shares: Floats = np.minimum(postings.scores(query) / ceiling, 1.0)
    return shares


def count_letters(texts: Sequence[str], are_long: Sequence[bool]) -> Counts:
    return count_terms(
        letter_groups(text, TEXT_SIZES if is_long else SIZES)
        for text, is_long in zip(texts, are_long, strict=True)
    )


def weigh_letters(counts: Counts) -> Postings:
    """TF-IDF of letter groups: forgives typos, endings and compound words."""
    weights = (1 + np.log(counts.times)) * counts.idf()[counts.terms]
    lengths = np.sqrt(counts.sum_by_text(weights**2))
    return Postings.of(counts, weights / lengths[counts.texts])


def match_letters(postings: Postings, question: str, are_long: NDArray[np.bool_]) -> Floats:
    """The cosine with every text, between 0 and 1."""
    row = {
        group: (1 + math.log(times)) * postings.idf_of(group)
        for group, times in letter_groups(question).items()
    }
    scores = postings.scores(row)
    short = [weight for group, weight in row.items() if len(group) in TEXT_SIZES]
    scores[~are_long] /= math.sqrt(sum(weight * weight for weight in row.values())) or 1.0
    scores[are_long] /= math.sqrt(sum(weight * weight for weight in short)) or 1.0
    return scores
