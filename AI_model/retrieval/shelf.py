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

from AI_model.retrieval.blob import Array, Blob, DamagedBlob, read_blob, write_blob

log = structlog.get_logger(__name__)

MAX_BYTES = 1024 * 1024 * 1024
"""Of all files; an index that is mapped lives on after its file is deleted."""

T = TypeVar("T")


def keep(arrays: Mapping[str, Array], facts: Any) -> tuple[str, int]:
    """Write an index into a file; its digest and its size in bytes."""
    return _write(lambda file: write_blob(file, arrays, facts), name=lambda written: written[0])


def read(digest: str, fetch: Callable[[], Iterator[bytes]]) -> Blob:
    """Map an index, fetched from the database where this machine has no sound copy.

    DamagedBlob when what was fetched is damaged too.
    """
    path = path_of(digest)
    try:
        blob = read_blob(path, digest=digest)
    except FileNotFoundError:
        blob = _fetch(digest, fetch)
    except DamagedBlob:
        log.warning("index_file_damaged", digest=digest)
        drop(digest)
        blob = _fetch(digest, fetch)
    os.utime(path)
    return blob


def drop(digest: str) -> None:
    path_of(digest).unlink(missing_ok=True)


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


def path_of(digest: str) -> Path:
    return folder() / f"{digest}.idx"


def _fetch(digest: str, fetch: Callable[[], Iterator[bytes]]) -> Blob:
    _write(lambda file: sum(file.write(piece) for piece in fetch()), name=lambda _: digest)
    try:
        return read_blob(path_of(digest), digest=digest)
    except DamagedBlob:
        drop(digest)
        raise


def _write(fill: Callable[[BinaryIO], T], *, name: Callable[[T], str]) -> T:
    """A file is there as a whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=folder(), suffix=".new", delete=False) as file:
        try:
            result = fill(file)  # type: ignore[arg-type]
            file.flush()
            Path(file.name).replace(path_of(name(result)))
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    tidy()
    return result
