"""Times in buckets, so that percentiles of any range come from the sums of its days.

A bucket holds the times above the edge before it, up to its own edge. Edges are whole milliseconds
and 5 % apart at the most from 20 ms on, so a percentile, which is its bucket's edge, is too great
by less than 5 %.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate

STEP = 21, 20
LONGEST = 10**11
"""Three years; what is longer counts as this."""


def _edges() -> list[int]:
    edges = [0]
    while edges[-1] < LONGEST:
        edges.append(max(edges[-1] + 1, edges[-1] * STEP[0] // STEP[1]))
    return edges


EDGES = _edges()


def bucket_of(milliseconds: int) -> int:
    return min(bisect_left(EDGES, milliseconds), len(EDGES) - 1)


def count_times(times: Iterable[int]) -> dict[str, int]:
    """How many by bucket; only buckets that hold something."""
    found = Counter(map(bucket_of, times))
    return {str(bucket): found[bucket] for bucket in sorted(found)}


def merge(histograms: Iterable[Mapping[str, int]]) -> dict[int, int]:
    found: dict[str, int] = {}
    get = found.get
    for histogram in histograms:
        for bucket, count in histogram.items():
            found[bucket] = get(bucket, 0) + count
    return dict(sorted((int(bucket), count) for bucket, count in found.items()))


def percentile(histogram: Mapping[int, int], percent: int) -> int | None:
    """Milliseconds that so many percent of the times stayed within; None when there are none."""
    total = sum(histogram.values())
    if not total:
        return None
    needed, sums = -(-total * percent // 100), accumulate(histogram.values())
    return next(EDGES[b] for b, upto in zip(histogram, sums, strict=True) if upto >= needed)
