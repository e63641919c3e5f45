"""Many sources in one stretch of bytes, each read only when it is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, overload

import numpy as np
import orjson
from numpy.typing import NDArray

from AI_model.retrieval.sources import Source

DAYS = ("valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class PackedSources(Sequence[Source]):
    """`ends`: behind each source's JSON in `held`."""

    held: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, sources: Sequence[Source]) -> "PackedSources":
        rows = [orjson.dumps(source) for source in sources]
        ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
        return cls(np.frombuffer(b"".join(rows), dtype=np.uint8), ends)

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, at: int) -> Source: ...
    @overload
    def __getitem__(self, at: slice) -> list[Source]: ...
    def __getitem__(self, at: int | slice) -> Source | list[Source]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        number = range(len(self))[at]
        start = int(self.ends[number - 1]) if number else 0
        return _read(orjson.loads(self.held[start : int(self.ends[number])].tobytes()))


def _read(facts: dict[str, Any]) -> Source:
    days = {name: date.fromisoformat(facts[name]) for name in DAYS if facts[name]}
    return Source(**{**facts, **days, "phrasings": tuple(facts["phrasings"])})
