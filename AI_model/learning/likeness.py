"""Entries that ask the same, from an index's own vectors, in blocks of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval.encoder import Vectors, unit
from AI_model.retrieval.index import Index

COARSE = 0.6
"""Of the means of two entries' phrasings, where a closer look begins."""
SHARED = 0.72
"""Of one entry's phrasings on average to their nearest of the other: “How long does … take?” of two
subjects is one pair of phrasings among others that are far apart."""
NEARLY_EQUAL = 0.93
CLOSEST = 5
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class NearPair:
    """The numbers of two sources, and the greatest likeness of a phrasing to one of the other."""

    one: int
    other: int
    likeness: float


def near_entries(index: Index, *, at_least: float) -> list[NearPair]:
    """The closest first. 10,000 entries take seconds and 50 MB."""
    numbers = np.flatnonzero(~index.is_text)
    if len(numbers) < 2:
        return []
    ends = np.append(index.starts[1:], index.unit_count)
    centres = _centres(index, numbers, ends)
    found = [
        NearPair(one, other, likeness)
        for one, other in _candidates(centres, numbers)
        if (likeness := _likeness(index, ends, one, other)) >= at_least
    ]
    return sorted(found, key=lambda pair: (-pair.likeness, pair.one, pair.other))


def _rows(index: Index, start: int, end: int) -> Vectors:
    """As `retrieval.meaning.vectors` has them."""
    world = unit(index.held["world"][start:end].astype(np.float32))
    if not index.is_english:
        return world
    english = unit(index.held["english"][start:end].astype(np.float32))
    return np.asarray(np.concatenate([world, english], axis=1) / sqrt(2), dtype=np.float32)


def _centres(index: Index, numbers: NDArray[np.intp], ends: NDArray[np.int32]) -> Vectors:
    spans = [(int(index.starts[n]), int(ends[n])) for n in numbers]
    return unit(np.stack([_rows(index, *span).mean(axis=0) for span in spans]))


def _candidates(centres: Vectors, numbers: NDArray[np.intp]) -> Sequence[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    most = min(CLOSEST, len(numbers) - 1)
    for start in range(0, len(numbers), ROWS_AT_ONCE):
        block = centres[start : start + ROWS_AT_ONCE] @ centres.T
        own = np.arange(len(block))
        block[own, own + start] = -1
        closest = np.argpartition(block, -most, axis=1)[:, -most:]
        likeness = np.take_along_axis(block, closest, axis=1)
        for row, column in zip(*np.nonzero(likeness >= COARSE), strict=True):
            one, other = numbers[start + row], numbers[closest[row, column]]
            pairs.add((int(min(one, other)), int(max(one, other))))
    return sorted(pairs)


def _likeness(index: Index, ends: NDArray[np.int32], one: int, other: int) -> float:
    """The greatest of their phrasings; 0 where one pair of them is all that is near."""
    first = _rows(index, int(index.starts[one]), int(ends[one]))
    second = _rows(index, int(index.starts[other]), int(ends[other]))
    pairs = first @ second.T
    greatest = float(pairs.max())
    shared = max(pairs.max(axis=axis).mean() for axis in (0, 1))
    return greatest if shared >= SHARED or greatest >= NEARLY_EQUAL else 0.0
