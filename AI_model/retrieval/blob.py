"""An index as bytes: named arrays that a process maps into memory, and facts as JSON.

Eight letters, the length of the head, the head (JSON: where each array begins, and the facts), then
the arrays, each on a multiple of 128 bytes. The digest of all of it is its name.
"""

import hashlib
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

Array = NDArray[Any]

MAGIC = b"DESKIDX1"
ALIGNMENT = 128
"""Twice a cache line; rows of vectors are a multiple of it, see `parts`."""
WORD = 8
KINDS = "fiub"
"""Numbers and truth values; an array of objects would be code from a file."""
CHUNK = 1024 * 1024


class DamagedBlob(Exception):
    """The bytes are not those that were written."""


@dataclass(frozen=True, slots=True)
class Blob:
    """What a file holds. The arrays are the file itself: they can only be read."""

    arrays: Mapping[str, Array]
    facts: Any
    size: int


def write_blob(file: BinaryIO, arrays: Mapping[str, Array], facts: Any) -> tuple[str, int]:
    """Write it; its digest and its size in bytes."""
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(arrays, facts):
        digest.update(piece)
        file.write(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _pieces(arrays: Mapping[str, Array], facts: Any) -> Iterator[bytes | memoryview]:
    solid = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    head = orjson.dumps({"arrays": list(_places(solid)), "facts": facts})
    yield MAGIC + len(head).to_bytes(WORD, "little") + head
    yield bytes(_gap(len(MAGIC) + WORD + len(head)))
    for array in solid.values():
        if array.nbytes:
            yield array.reshape(-1).view(np.uint8).data
        yield bytes(_gap(array.nbytes))


def _places(arrays: Mapping[str, Array]) -> Iterator[list[Any]]:
    """[name, type, shape, bytes from the end of the head]"""
    at = 0
    for name, array in arrays.items():
        if array.dtype.kind not in KINDS:
            raise TypeError(f"{name} holds {array.dtype}, which is not a number.")
        yield [name, array.dtype.str, list(array.shape), at]
        at += array.nbytes + _gap(array.nbytes)


def _gap(length: int) -> int:
    return -length % ALIGNMENT


def read_blob(path: Path, *, digest: str) -> Blob:
    """Map a file. FileNotFoundError; DamagedBlob when its bytes have another digest."""
    with path.open("rb") as file:
        if path.stat().st_size < len(MAGIC) + WORD:
            raise DamagedBlob("The index file is cut short.")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if hashlib.sha256(mapped).hexdigest() != digest:
        raise DamagedBlob("The index's bytes have another digest than its row.")
    if mapped[: len(MAGIC)] != MAGIC:
        raise DamagedBlob("The index is of another layout.")
    begin = len(MAGIC) + WORD
    end = begin + int.from_bytes(mapped[len(MAGIC) : begin], "little")
    head = orjson.loads(mapped[begin:end])
    start = end + _gap(end)
    arrays = {name: _array(mapped, start + at, *rest) for name, *rest, at in head["arrays"]}
    return Blob(arrays, head["facts"], len(mapped))


def _array(mapped: mmap.mmap, at: int, kind: str, shape: list[int]) -> Array:
    count = int(np.prod(shape, dtype=np.int64))
    return np.frombuffer(mapped, dtype=np.dtype(kind), count=count, offset=at).reshape(shape)
