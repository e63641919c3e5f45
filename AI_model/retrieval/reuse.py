"""What the next index takes over from the one before: all that belongs to unchanged sources.

So an edit of one entry among ten thousand costs a second or two. What is taken over is what a build
from nothing makes, but for `crowding`, which then stands as of the source's own last change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from AI_model.retrieval.lexical import Counts, Postings
from AI_model.retrieval.packed import PackedSources
from AI_model.retrieval.units import Unit

Array = NDArray[Any]
NONE = -1


@dataclass(frozen=True)
class Before:
    """The arrays of an index."""

    held: Mapping[str, Array]
    is_english: bool

    @property
    def sources(self) -> PackedSources:
        return PackedSources(self.held["sources"], self.held["source_ends"])

    @cached_property
    def rows(self) -> list[bytes]:
        """Its sources as they are packed."""
        return packed_rows(self.sources)

    @cached_property
    def units(self) -> list[Unit]:
        """Its units, in order."""
        held = self.held
        if not self.is_english:
            return [Unit(row) for row in held["world"]]
        ends = held["piece_ends"].tolist()
        spans = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        return [
            Unit(world, own, held["pieces"][span], held["piece_rows"][span])
            for world, own, span in zip(held["world"], held["english"], spans, strict=True)
        ]

    @cached_property
    def starts(self) -> list[int]:
        """The first unit of each source, and the end of the last one's."""
        return [*self.held["starts"].tolist(), len(self.held["world"])]

    def units_of(self, number: int) -> list[Unit]:
        return self.units[self.starts[number] : self.starts[number + 1]]


class Kept:
    """`numbers`: where each source of the next index stands in the one before; NONE = nowhere."""

    def __init__(self, sources: PackedSources, before: Before | None, *, is_english: bool) -> None:
        self.before = before if before and before.is_english == is_english else None
        known = {row: n for n, row in enumerate(self.before.rows)} if self.before else {}
        self.numbers = np.array(
            [known.get(row, NONE) for row in packed_rows(sources)], dtype=np.int32
        )
        self.changed: NDArray[np.intp] = np.flatnonzero(self.numbers == NONE)

    @cached_property
    def by_id(self) -> dict[str, int]:
        """The numbers of the sources before, by id."""
        rows = self.before.rows if self.before else []
        return {orjson.loads(row)["id"]: number for number, row in enumerate(rows)}

    def carried(self, name: str, fresh: Array) -> Array:
        """An array with a row per source: the changed ones from `fresh`, the others from before."""
        if self.before is None:
            return fresh
        result = fresh.copy()
        stayed = self.numbers != NONE
        result[stayed] = self.before.held[name][self.numbers[stayed]]
        return result

    def counts(self, prefix: str, fresh: Counts) -> Counts:
        """Terms of all sources; `fresh` has those of the changed ones, in their order."""
        if self.before is None:
            return fresh
        old = Postings.restore(self.before.held, prefix, len(self.before.rows))
        moved = np.full(old.size, NONE, dtype=np.int32)
        stayed = np.flatnonzero(self.numbers != NONE)
        moved[self.numbers[stayed]] = stayed
        texts = moved[old.texts]
        still = texts != NONE
        lengths = np.diff(old.ends, prepend=0)
        keys = np.concatenate([np.repeat(old.keys, lengths)[still], fresh.keys[fresh.terms]])
        texts = np.concatenate([texts[still], self.changed[fresh.texts]]).astype(np.int32)
        times = np.concatenate([old.times[still], fresh.times]).astype(np.float32)
        order = np.argsort(texts, kind="stable")
        known, terms = np.unique(keys[order], return_inverse=True)
        return Counts(known, terms.astype(np.int32), texts[order], times[order], len(self.numbers))


def packed_rows(sources: PackedSources) -> list[bytes]:
    held, ends = sources.held.tobytes(), sources.ends.tolist()
    return [held[start:end] for start, end in zip([0, *ends], ends, strict=False)]
