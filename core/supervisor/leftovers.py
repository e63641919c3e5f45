"""One supervisor per DATA_DIR, and an end for whatever a killed one left behind."""

import fcntl
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import IO


class CannotStart(RuntimeError):
    """One line for the person at the terminal."""


def hold_lock(path: Path) -> IO[str]:
    """The lock lives as long as the file stays open, so a killed supervisor leaves none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(
            f"Deskbell already runs with DATA_DIR {path.parent.parent}; stop it first."
        ) from None
    return file


def remember(path: Path, processes: dict[int, str]) -> None:
    """`processes`: pid to command line."""
    path.write_text("".join(f"{pid} {command}\n" for pid, command in processes.items()))


def end_leftovers(path: Path, *, seconds: float = 9) -> None:
    """Stop processes of an earlier start that are still there under the same command line."""
    pids = [pid for pid, command in _remembered(path) if _command_of(pid) == command]
    for pid in pids:
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while pids and time.monotonic() < deadline:
        time.sleep(0.1)
        pids = [pid for pid in pids if _command_of(pid)]
    for pid in pids:
        _signal(pid, signal.SIGKILL)
    path.unlink(missing_ok=True)


def _remembered(path: Path) -> list[tuple[int, str]]:
    if not path.exists():
        return []
    lines = [line.partition(" ") for line in path.read_text().splitlines()]
    return [(int(pid), command) for pid, _, command in lines if pid.isdigit()]


def _command_of(pid: int) -> str:
    shown = subprocess.run(
        ["ps", "-ww", "-o", "stat=,command=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
    ).stdout.strip()
    state, _, command = shown.partition(" ")
    return "" if state.startswith("Z") else command.strip()


def _signal(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return


def check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotStart(
                f"Port {port} on {host} can't be used ({reason}); set PORT to a free one."
            ) from None


def private_folder(folder: Path) -> None:
    """Make the socket's folder, and refuse one that somebody else could have prepared."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or folder.is_symlink():
        raise CannotStart(f"{folder} belongs to somebody else; choose a shorter DATA_DIR.")
