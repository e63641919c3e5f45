"""An index's bytes in the database, in parts that are named after what is in them.

Where a part ends is told by the bytes themselves. So a small change of the knowledge, which moves
most of what follows it, leaves most parts as they are, and only the others are written.
"""

import hashlib
import mmap
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from AI_model.models import IndexPart
from AI_model.retrieval.blob import ALIGNMENT

LEAST, MOST = 1024 * 1024, 4 * 1024 * 1024
MIX = np.uint64(0x9E3779B97F4A7C15)
RARITY = np.uint64(64 - 12)
"""One block in 4,096 may end a part: after half a megabyte on average, once it is long enough."""
WORD = 8


class PartsGone(Exception):
    """Parts are missing: a newer index took their place."""


def write_parts(business_id: str, path: Path) -> list[str]:
    """Keep a file in the database; the names of its parts in order. One statement each: writers
    that wait for the database get in between."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        spans = list(cut(mapped))
        names = [hashlib.sha256(mapped[span]).hexdigest() for span in spans]
        known = _known(business_id)
        for name, span in dict(zip(names, spans, strict=True)).items():
            if name not in known:
                part = IndexPart(
                    business_id=business_id, digest=name, position=0, data=mapped[span]
                )
                IndexPart.objects.bulk_create([part], ignore_conflicts=True)
    return names


def read_parts(business_id: str, names: Sequence[str]) -> Iterator[bytes]:
    """Raises PartsGone."""
    for name in names:
        part = IndexPart.objects.for_business(business_id).filter(digest=name).first()
        if part is None:
            raise PartsGone(name)
        yield bytes(part.data)


def are_there(business_id: str, names: Collection[str]) -> bool:
    return set(names) <= _known(business_id)


def delete_others(business_id: str, names: Collection[str]) -> None:
    """Delete the parts that are not these."""
    others = IndexPart.objects.for_business(business_id).exclude(digest__in=names)
    for pk in list(others.values_list("pk", flat=True)):
        IndexPart.objects.filter(pk=pk).delete()


def _known(business_id: str) -> set[str]:
    return set(IndexPart.objects.for_business(business_id).values_list("digest", flat=True))


def cut(mapped: mmap.mmap | bytes) -> Iterator[slice]:
    """Stretches between LEAST and MOST bytes long; the last one may be shorter."""
    start = 0
    for end in [*_ends(mapped), len(mapped)]:
        while end - start > MOST:
            yield slice(start, start + MOST)
            start += MOST
        if end - start >= LEAST or (end == len(mapped) and end > start):
            yield slice(start, end)
            start = end


def _ends(mapped: mmap.mmap | bytes) -> list[int]:
    """Where a part may end: before blocks whose first bytes say so."""
    count = len(mapped) // ALIGNMENT
    words = np.frombuffer(mapped, dtype="<u8", count=count * (ALIGNMENT // WORD))
    marks = (words[:: ALIGNMENT // WORD] * MIX) >> RARITY
    ends: list[int] = (np.flatnonzero(marks == 0) * ALIGNMENT).tolist()
    return ends
