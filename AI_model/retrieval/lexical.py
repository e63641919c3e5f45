"""Word and letter-group matching over an inverted index held in numpy arrays."""

import math
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int32]

# BM25's usual constants: how fast a repeated word stops counting, and how much length matters.
K1 = 1.2
B = 0.5

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


def letter_groups(text: str) -> Counter[str]:
    """How often each group of 3 to 5 letters stands in the text, words padded with blanks."""
    groups: Counter[str] = Counter()
    for word in _WORD.findall(normalised(text)):
        groups.update(_groups_of(word))
    return groups


@lru_cache(maxsize=20_000)
def _groups_of(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple(
        padded[start : start + size]
        for size in (3, 4, 5)
        for start in range(len(padded) - size + 1)
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """Which term stands in which text how often: three columns, one row per pair."""

    numbers: Mapping[str, int]
    terms: Integers
    texts: Integers
    times: Floats
    size: int

    def idf(self) -> Floats:
        """The weight of each term: the fewer texts hold it, the more it says."""
        frequency = np.bincount(self.terms, minlength=len(self.numbers))
        rarity: Floats = np.log1p((self.size - frequency + 0.5) / (frequency + 0.5))
        return rarity.astype(np.float32)

    def sum_by_text(self, values: Floats) -> Floats:
        sums = np.bincount(self.texts, weights=values, minlength=self.size)
        return sums.astype(np.float32)


def count_terms(rows: Iterable[Mapping[str, int]]) -> Counts:
    numbers: dict[str, int] = {}
    terms, texts, times = array("i"), array("i"), array("f")
    size = 0
    for size, row in enumerate(rows, start=1):
        terms.extend(numbers.setdefault(term, len(numbers)) for term in row)
        texts.extend([size - 1] * len(row))
        times.extend(row.values())
    return Counts(
        numbers=numbers,
        terms=np.frombuffer(terms, dtype=np.int32) if terms else np.zeros(0, np.int32),
        texts=np.frombuffer(texts, dtype=np.int32) if texts else np.zeros(0, np.int32),
        times=np.frombuffer(times, dtype=np.float32) if times else np.zeros(0, np.float32),
        size=size,
    )


class Postings:
    """For each term the texts that hold it, with its weight there."""

    def __init__(self, counts: Counts, weights: NDArray[np.floating]) -> None:
        order = np.argsort(counts.terms, kind="stable")
        lengths = np.bincount(counts.terms, minlength=len(counts.numbers))
        self.numbers = counts.numbers
        self.size = counts.size
        self.idf = counts.idf()
        self.unseen_idf = math.log1p((counts.size + 0.5) / 0.5)
        self._ends = np.cumsum(lengths)
        self._starts = self._ends - lengths
        self._texts = counts.texts[order]
        self._weights = weights[order].astype(np.float32)

    def idf_of(self, term: str) -> float:
        number = self.numbers.get(term)
        return self.unseen_idf if number is None else float(self.idf[number])

    def scores(self, query: Mapping[str, float]) -> Floats:
        """The dot product of the query with every text."""
        result = np.zeros(self.size, dtype=np.float32)
        for term, weight in query.items():
            if (number := self.numbers.get(term)) is not None:
                span = slice(self._starts[number], self._ends[number])
                result[self._texts[span]] += np.float32(weight) * self._weights[span]
        return result


class WordMatcher:
    """BM25 divided by the most the question could reach: 1 = every word found where it is rare."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = count_terms(Counter(words(text)) for text in texts)
        lengths = counts.sum_by_text(counts.times)
        relative = lengths[counts.texts] / (lengths.mean() if counts.size else 1.0)
        damped = counts.times * (K1 + 1) / (counts.times + K1 * (1 - B + B * relative))
        self._postings = Postings(counts, counts.idf()[counts.terms] * damped)

    def knows(self, word: str) -> bool:
        return word in self._postings.numbers

    def match(self, question: str) -> Floats:
        """One score per text, between 0 and 1."""
        query = dict.fromkeys(words(question), 1.0)
        most = sum(self._postings.idf_of(term) for term in query)
        ceiling = most * (K1 + 1) / 2 or 1.0
        shares: Floats = np.minimum(self._postings.scores(query) / ceiling, 1.0)
        return shares


class LetterMatcher:
    """Cosine of TF-IDF over letter groups: forgives typos, endings and compound words."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = count_terms(letter_groups(text) for text in texts)
        weights = (1 + np.log(counts.times)) * counts.idf()[counts.terms]
        lengths = np.sqrt(counts.sum_by_text(weights**2))
        self._postings = Postings(counts, weights / lengths[counts.texts])

    def match(self, question: str) -> Floats:
        """One score per text, between 0 and 1."""
        row = {
            group: (1 + math.log(times)) * self._postings.idf_of(group)
            for group, times in letter_groups(question).items()
        }
        length = math.sqrt(sum(weight * weight for weight in row.values())) or 1.0
        return self._postings.scores({group: weight / length for group, weight in row.items()})
