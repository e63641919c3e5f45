"""The child: `python -m settings_app.reading PATH NAME PURPOSE`, JSON lines to stdout.

It limits itself before it looks at the first byte.
"""

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import orjson

from settings_app.reading.shapes import TOO_MUCH_MEMORY, Item, Problem, Purpose, Refused

MEMORY = 600_000_000
CPU_SECONDS = 120
OUTPUT = 150_000_000
FILES = 64
PR_SET_PDEATHSIG = 1  # prctl(2): die with the parent


def limit_myself() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(10)


def lines(path: Path, name: str, purpose: Purpose) -> Iterator[dict[str, Any]]:
    from settings_app.reading.read import read_items

    try:
        for item in read_items(path.read_bytes(), name=name, purpose=purpose):
            yield _line(item)
    except Refused as refused:
        yield {"refused": refused.reason}
    except MemoryError:
        yield {"refused": TOO_MUCH_MEMORY}
    yield {"end": True}


def _line(item: Item) -> dict[str, Any]:
    kind = type(item).__name__.lower()
    names = (field.name for field in fields(item))
    return {kind: item.text if isinstance(item, Problem) else {n: getattr(item, n) for n in names}}


def main(path: str, name: str, purpose: Purpose) -> int:
    limit_myself()
    sys.setrecursionlimit(3_000)
    for line in lines(Path(path), name, purpose):
        sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(*cast(tuple[str, str, Purpose], tuple(sys.argv[1:4]))))
