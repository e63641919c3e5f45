"""The whole stack, started as a newcomer starts it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.env import ROOT
from core.supervisor.leftovers import CannotStart, end_leftovers, hold_lock, remember

pytestmark = pytest.mark.once
START_SECONDS = 90
FROM_OUTSIDE = ("REDIS_URL", "DATABASE_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DESKBELL_PART")


class Stack:
    """One `python -m core.supervisor` with a DATA_DIR and a port of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.log = folder.parent / f"{folder.name}-{port}.log"
        environment = {k: v for k, v in os.environ.items() if k not in FROM_OUTSIDE and v}
        environment |= {
            "DATA_DIR": str(folder),
            "PORT": str(port),
            "DEMO": "0",
            "LOG_LEVEL": "info",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "core.supervisor"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait_until(self, done: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, self.said()[-3000:]
            time.sleep(0.1)

    def wait_ready(self, times: int = 1) -> None:
        self.wait_until(lambda: self.said().count("Ready: ") >= times or self.ended())
        assert not self.ended(), self.said()[-3000:]

    def ended(self) -> bool:
        return self.process.poll() is not None

    def health(self) -> int:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/health/ready/", timeout=5
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def pids(self) -> dict[str, int]:
        lines = (self.folder / "run" / "pids").read_text().splitlines()
        parts = {"core.serve": "web", "core.worker": "worker", "core.clock": "beat"}
        found: dict[str, int] = {}
        for line in lines:
            pid, _, command = line.partition(" ")
            name = next((name for word, name in parts.items() if word in command), None)
            found[name or ("sweeper" if "sweep" in command else "valkey")] = int(pid)
        return found

    def end(self, signum: int = signal.SIGTERM) -> float:
        started = time.monotonic()
        self.process.send_signal(signum)
        self.process.wait(timeout=20)
        return time.monotonic() - started


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    if state.exists():
        return state.read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    stacks: list[Stack] = []

    def make(folder: str = "var", port: int | None = None) -> Stack:
        stacks.append(Stack(tmp_path / folder, port or free_port()))
        return stacks[-1]

    yield make
    for stack in stacks:
        if not stack.ended():
            stack.end()


def test_it_gets_ready_heals_stops_in_time_and_starts_again(start: Callable[..., Stack]) -> None:
    stack = start()
    stack.wait_ready()
    assert stack.health() == 200
    first = stack.pids()
    assert set(first) == {"web", "worker", "beat", "sweeper", "valkey"}

    os.kill(first["worker"], signal.SIGKILL)
    stack.wait_until(lambda: stack.pids()["worker"] != first["worker"])

    again = start(port=stack.port)
    again.process.wait(timeout=20)
    assert again.process.returncode == 1
    assert re.fullmatch(r"Deskbell already runs with DATA_DIR .*; stop it first\.\n", again.said())

    second = stack.pids()
    assert stack.end() < 10
    assert stack.process.returncode == 0
    assert not any(alive(pid) for pid in second.values())

    revived = start(port=stack.port)
    revived.wait_ready()
    left = revived.pids()
    revived.process.kill()
    revived.process.wait()
    third = start(port=stack.port)
    third.wait_ready()
    assert not any(alive(pid) for pid in left.values())
    assert third.end(signal.SIGINT) < 10


def test_a_taken_port_is_one_clear_line(start: Callable[..., Stack]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stack = start(port=port)
        stack.process.wait(timeout=20)
    assert stack.process.returncode == 1
    assert re.fullmatch(
        rf"Port {port} on 127\.0\.0\.1 can't be used .*; set PORT .*\n", stack.said()
    )


def test_only_one_supervisor_holds_a_folder(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "run" / "lock"), pytest.raises(CannotStart, match="already runs"):
        hold_lock(tmp_path / "run" / "lock")
    hold_lock(tmp_path / "run" / "lock").close()


def test_leftovers_end_but_strangers_with_a_reused_pid_live(tmp_path: Path) -> None:
    ours, theirs = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    try:
        remember(tmp_path / "pids", {ours.pid: "sleep 60", theirs.pid: "another command"})
        end_leftovers(tmp_path / "pids", seconds=3)
        assert ours.wait(timeout=5) == -signal.SIGTERM
        assert theirs.poll() is None
        assert not (tmp_path / "pids").exists()
    finally:
        theirs.kill()
        theirs.wait()
