"""Word and letter-group matching over an inverted index held in three numpy arrays."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# BM25's usual constants: how fast a repeated word stops counting, and how much length matters.
K1 = 1.2
B = 0.5

_WORD = re.compile(r"\w+")
_CLITIC = re.compile(r"['’`´]")


def normalised(text: str) -> str:
    """Case, width, accents and apostrophes evened out, so that chat spelling meets book spelling."""
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
        padded = f" {word} "
        for size in (3, 4, 5):
            groups.update(padded[i : i + size] for i in range(len(padded) - size + 1))
    return groups


@dataclass(frozen=True, slots=True)
class Postings:
    """For each term the texts that hold it, with its weight there."""

    terms: Mapping[str, tuple[int, int]]
    texts: NDArray[np.int32]
    weights: Floats
    idf: Mapping[str, float]
    unseen_idf: float
    size: int

    def scores(self, query: Mapping[str, float]) -> Floats:
        """The dot product of the query with every text."""
        result = np.zeros(self.size, dtype=np.float32)
        for term, weight in query.items():
            if (span := self.terms.get(term)) is not None:
                start, end = span
                result[self.texts[start:end]] += np.float32(weight) * self.weights[start:end]
        return result


def _postings(
    rows: Sequence[Mapping[str, float]], idf: Mapping[str, float], unseen: float
) -> Postings:
    by_term: dict[str, list[tuple[int, float]]] = {}
    for number, row in enumerate(rows):
        for term, weight in row.items():
            by_term.setdefault(term, []).append((number, weight))
    spans: dict[str, tuple[int, int]] = {}
    position = 0
    for term, found in by_term.items():
        spans[term] = (position, position + len(found))
        position += len(found)
    pairs = [pair for found in by_term.values() for pair in found]
    return Postings(
        terms=spans,
        texts=np.fromiter((number for number, _ in pairs), dtype=np.int32, count=position),
        weights=np.fromiter((weight for _, weight in pairs), dtype=np.float32, count=position),
        idf=idf,
        unseen_idf=unseen,
        size=len(rows),
    )


def _idf(rows: Iterable[Mapping[str, float]], size: int) -> tuple[dict[str, float], float]:
    """Inverse frequency of each term, and that of a term that no text holds."""
    frequency = Counter(term for row in rows for term in row)
    idf = {term: float(np.log1p((size - n + 0.5) / (n + 0.5))) for term, n in frequency.items()}
    return idf, float(np.log1p((size + 0.5) / 0.5))


class WordMatcher:
    """BM25 divided by the most the question could reach, so 1 = every word found where it is rare."""

    def __init__(self, texts: Sequence[str]) -> None:
        rows = [Counter(words(text)) for text in texts]
        idf, unseen = _idf(rows, len(rows))
        lengths = [sum(row.values()) for row in rows]
        mean = (sum(lengths) / len(lengths) if lengths else 1) or 1
        weighted = [
            {
                term: idf[term] * n * (K1 + 1) / (n + K1 * (1 - B + B * length / mean))
                for term, n in row.items()
            }
            for row, length in zip(rows, lengths, strict=True)
        ]
        self._postings = _postings(weighted, idf, unseen)

    def knows(self, word: str) -> bool:
        return word in self._postings.terms

    def match(self, question: str) -> Floats:
        """One score per text, between 0 and 1."""
        query = dict.fromkeys(words(question), 1.0)
        most = sum(self._postings.idf.get(term, self._postings.unseen_idf) for term in query)
        return np.minimum(self._postings.scores(query) / (most * (K1 + 1) / 2 or 1.0), 1.0)


class LetterMatcher:
    """Cosine of TF-IDF over letter groups: forgives typos, endings and compound words."""

    def __init__(self, texts: Sequence[str]) -> None:
        rows = [letter_groups(text) for text in texts]
        self._idf, self._unseen = _idf(rows, len(rows))
        self._postings = _postings([self._unit(row) for row in rows], self._idf, self._unseen)

    def _unit(self, groups: Mapping[str, float]) -> dict[str, float]:
        row = {g: (1 + np.log(n)) * self._idf.get(g, self._unseen) for g, n in groups.items()}
        length = float(np.sqrt(sum(weight * weight for weight in row.values()))) or 1.0
        return {group: float(weight) / length for group, weight in row.items()}

    def match(self, question: str) -> Floats:
        """One score per text, between 0 and 1."""
        return self._postings.scores(self._unit(letter_groups(question)))
