"""What the embedded stack costs while nobody writes, and how long it takes to start."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.stacks import ROOT, free_port
from core.supervisor.children import stop

WATCHED_SECONDS = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Idle:
    megabytes: float
    percent: float
    first_start: float
    second_start: float


def measure_idle() -> Idle:
    """Run `make run` twice in a fresh clone, as a newcomer does, and watch the second one.

    Not in this folder: what is installed here for the tests takes memory of its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="idle-", dir="/tmp"))
    try:
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "clone")], check=True)
        first, process = _start(folder / "clone")
        stop(process, grace=15)
        second, process = _start(folder / "clone")
        try:
            time.sleep(10)
            before = _ticks(process.pid)
            time.sleep(WATCHED_SECONDS)
            percent = (_ticks(process.pid) - before) / TICKS / WATCHED_SECONDS * 100
            return Idle(_resident(process.pid), percent, first, second)
        finally:
            stop(process, signum=signal.SIGTERM, grace=15)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(clone: Path) -> tuple[float, subprocess.Popen[bytes]]:
    """Seconds to the line `Ready:`, what has to be installed first included."""
    unwanted = {"VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "DATA_DIR", "DATABASE_URL", "REDIS_URL"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    started = time.monotonic()
    process = subprocess.Popen(
        ["make", "--no-print-directory", "run"],
        cwd=clone,
        env=environment | {"PORT": str(free_port())},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(b"Ready:"):
            return time.monotonic() - started, process
    raise SystemExit("The stack did not become ready.")


def _family(pid: int) -> list[int]:
    """The process and all that it started, however deep."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    family, waiting = [], [pid]
    while waiting:
        family.append(waiting.pop())
        waiting += children.get(family[-1], [])
    return family


def _ticks(pid: int) -> float:
    total = 0
    for member in _family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total


def _resident(pid: int) -> float:
    pages = sum(int(Path(f"/proc/{m}/statm").read_text().split()[1]) for m in _family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
