"""Reading in a process of its own, which may die of a file without harm."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

from settings_app.reading.shapes import (
    MAX_BYTES,
    TOO_LARGE,
    TOO_MUCH_MEMORY,
    TOO_SLOW,
    Document,
    Item,
    Page,
    Problem,
    Progress,
    Purpose,
    Reading,
    Refused,
    Row,
)

WALL_SECONDS = 300.0
GLANCE_SECONDS = 0.1
ROOT = Path(__file__).resolve().parents[2]
Told = Callable[[int], None]


def read_path(
    path: Path,
    *,
    name: str = "",
    purpose: Purpose = "documents",
    seconds: float = WALL_SECONDS,
    tell: Told = lambda lines: None,
) -> Reading:
    """Read a file within limits of size, memory and time. Raises Refused, FileNotFoundError.

    `tell` hears now and then how many rows or pages were read.
    """
    if path.stat().st_size > MAX_BYTES:
        raise Refused(TOO_LARGE)
    with tempfile.TemporaryFile() as out, _running(path, name, purpose, out) as child:
        _wait(child, seconds, out, tell)
        out.seek(0)
        return Reading().take(_items(out, child.returncode))


@contextmanager
def _running(
    path: Path, name: str, purpose: Purpose, out: IO[bytes]
) -> Iterator["subprocess.Popen[bytes]"]:
    # No secret of ours is in its environment.
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "settings_app.reading", str(path), name[:255], purpose]
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, env=env, cwd=ROOT
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _wait(child: "subprocess.Popen[bytes]", seconds: float, out: IO[bytes], tell: Told) -> None:
    until, told, seen = time.monotonic() + seconds, 0, 0
    while child.poll() is None:
        if time.monotonic() > until:
            raise Refused(TOO_SLOW)
        try:
            child.wait(GLANCE_SECONDS)
        except subprocess.TimeoutExpired:
            size = os.fstat(out.fileno()).st_size
            told += os.pread(out.fileno(), min(size - seen, 10_000_000), seen).count(b"\n")
            seen = min(size, seen + 10_000_000)
            tell(told)


def _items(out: IO[bytes], code: int) -> Iterator[Item]:
    for line in out:
        found = orjson.loads(line) if line.endswith(b"\n") else {}
        if "refused" in found:
            raise Refused(found["refused"])
        if "end" in found:
            return
        if found:
            yield _item(found)
    raise Refused(TOO_SLOW if code in {-signal.SIGXCPU, -signal.SIGALRM} else TOO_MUCH_MEMORY)


def _item(found: dict[str, Any]) -> Item:
    ((kind, value),) = found.items()
    if kind == "problem":
        return Problem(value)
    if kind == "row":
        return Row(**value | {"fields": tuple(value["fields"])})
    shapes: dict[str, Callable[..., Item]] = {
        "document": Document,
        "progress": Progress,
        "page": Page,
    }
    return shapes[kind](**value)
