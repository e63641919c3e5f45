"""The files of indexes on this machine, shared by its processes: DATA_DIR/indexes/<digest>.idx.

A copy only: the database has the parts, and what is lost or damaged here is fetched again.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import structlog
from django.conf import settings

from AI_model.models import IndexPart
from AI_model.retrieval.blob import Array, Blob, DamagedBlob, read_blob, write_blob

log = structlog.get_logger(__name__)

PART_BYTES = 4 * 1024 * 1024
MAX_BYTES = 1024 * 1024 * 1024
"""Of all files; an index that is mapped lives on after its file is deleted."""

T = TypeVar("T")


class IndexGone(Exception):
    """The database has no parts of this digest: there is a newer one."""


def keep(arrays: Mapping[str, Array], facts: Any) -> tuple[str, int]:
    """Write an index into a file; its digest and its size in bytes."""
    return _write(lambda file: write_blob(file, arrays, facts), name=lambda written: written[0])


def parts_of(digest: str) -> Iterator[bytes]:
    """The file of an index, piece by piece. FileNotFoundError."""
    with _path(digest).open("rb") as file:
        while piece := file.read(PART_BYTES):
            yield piece


def read(business_id: str, digest: str) -> Blob:
    """Map an index, fetched from the database where this machine has no sound copy.

    IndexGone; DamagedBlob when the database's bytes are damaged too.
    """
    path = _path(digest)
    try:
        blob = read_blob(path, digest=digest)
    except FileNotFoundError:
        blob = _fetch(business_id, digest)
    except DamagedBlob:
        log.warning("index_file_damaged", digest=digest)
        drop(digest)
        blob = _fetch(business_id, digest)
    os.utime(path)
    return blob


def drop(digest: str) -> None:
    _path(digest).unlink(missing_ok=True)


def tidy(max_bytes: int = MAX_BYTES) -> None:
    """Delete the files that were not used for longest, until the rest fits."""
    known = sorted(_known_files(), reverse=True)
    total = 0
    for _, size, path in known:
        total += size
        if total > max_bytes:
            path.unlink(missing_ok=True)


def _known_files() -> Iterator[tuple[float, int, Path]]:
    """(last used, bytes, path); another process may delete one meanwhile."""
    for path in folder().glob("*.idx"):
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue
        yield facts.st_mtime, facts.st_size, path


def folder() -> Path:
    path: Path = settings.DATA_DIR / "indexes"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def _path(digest: str) -> Path:
    return folder() / f"{digest}.idx"


def _fetch(business_id: str, digest: str) -> Blob:
    parts = IndexPart.objects.for_business(business_id).filter(digest=digest)
    pieces = parts.order_by("position").values_list("data", flat=True)
    if not _write(lambda file: _copy(pieces.iterator(chunk_size=1), file), name=lambda _: digest):
        drop(digest)
        raise IndexGone(digest)
    try:
        return read_blob(_path(digest), digest=digest)
    except DamagedBlob:
        drop(digest)
        raise


def _copy(pieces: Iterator[bytes | memoryview], file: BinaryIO) -> int:
    return sum(file.write(piece) for piece in pieces)


def _write(fill: Callable[[BinaryIO], T], *, name: Callable[[T], str]) -> T:
    """A file is there as a whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=folder(), suffix=".new", delete=False) as file:
        try:
            result = fill(file)  # type: ignore[arg-type]
            file.flush()
            Path(file.name).replace(_path(name(result)))
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    tidy()
    return result
