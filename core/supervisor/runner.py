"""Starts the parts, starts again what dies, and stops everything within ten seconds."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from core.supervisor import valkey
from core.supervisor.children import spawn, stop
from core.supervisor.leftovers import (
    CannotStart,
    check_port,
    end_leftovers,
    hold_lock,
    private_folder,
    remember,
)
from core.supervisor.plan import Part, Plan

HURRY_AFTER_SECONDS = 5.0
KILL_AFTER_SECONDS = 7.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_AFTER_SECONDS = 60.0
STARTS_BEFORE_GIVING_UP = 4


@dataclass
class Child:
    """A part that runs, or waits to be started again."""

    part: Part
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    again_at: float | None = None


class Supervisor:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.children: dict[str, Child] = {}
        self.server: subprocess.Popen[bytes] | None = None
        self.ending = threading.Event()
        self.was_ready = False
        self.problem = ""

    def run(self) -> int:
        """Run until a signal ends it; the exit code."""
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, self._end)
        try:
            with hold_lock(self.plan.run_dir / "lock"):
                self._run_locked()
        except (CannotStart, valkey.NoServer) as error:
            self.problem = str(error)
        if self.problem:
            say(self.problem, error=True)
        return 1 if self.problem else 0

    def _end(self, signum: int, frame: FrameType | None) -> None:
        if self.ending.is_set():
            for child in self.children.values():
                child.process.kill()
        self.ending.set()

    def _run_locked(self) -> None:
        end_leftovers(self._pids)
        check_port(self.plan.host, self.plan.port)
        try:
            if self.plan.socket:
                self._start_valkey(self.plan.socket)
            if self._prepare():
                self._watch()
        finally:
            self._stop()

    @property
    def _pids(self) -> Path:
        return self.plan.run_dir / "pids"

    def _start_valkey(self, unix_socket: Path) -> None:
        private_folder(unix_socket.parent)
        log = self.plan.run_dir / "valkey.log"
        folder = self.plan.data_dir / "valkey"
        self.server = valkey.start(folder=folder, unix_socket=unix_socket, log=log)
        self._remember()

    def _prepare(self) -> bool:
        """Migrate, collect static files and load the demo, in a process that ends again."""
        child = self._spawn((sys.executable, "manage.py", "prepare"))
        while child.poll() is None:
            if self.ending.wait(0.05):
                stop(child, grace=3)
                return False
        if child.returncode:
            raise CannotStart("The database could not be prepared; the lines above say why.")
        return True

    def _spawn(self, argv: tuple[str, ...], name: str = "web") -> subprocess.Popen[bytes]:
        return spawn(argv, env=self.plan.environment(name), cwd=self.plan.root)

    def _start(self, part: Part, failures: int = 0) -> None:
        process = self._spawn(part.argv, part.name)
        self.children[part.name] = Child(part, process, time.monotonic(), failures)
        self._remember()

    def _remember(self) -> None:
        known = {child.process.pid: " ".join(child.part.argv) for child in self.children.values()}
        if self.server:
            known[self.server.pid] = " ".join(str(arg) for arg in self.server.args)  # type: ignore[union-attr]
        remember(self._pids, known)

    def _watch(self) -> None:
        for part in self.plan.parts():
            self._start(part)
        started = time.monotonic()
        while not self.ending.wait(0.5 if self.was_ready else 0.1):
            self._look_after_valkey()
            for child in list(self.children.values()):
                self._look_after(child)
            if not self.was_ready and is_ready(self.plan):
                self.was_ready = True
                self._announce(time.monotonic() - started)

    def _look_after_valkey(self) -> None:
        if self.server and self.plan.socket and self.server.poll() is not None:
            log_line("part_ended", part="valkey", code=self.server.returncode)
            self._start_valkey(self.plan.socket)

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.again_at is not None:
            if now >= child.again_at:
                self._start(child.part, child.failures)
            return
        if child.process.poll() is None:
            return
        steady = now - child.started > STEADY_AFTER_SECONDS
        child.failures = 1 if steady else child.failures + 1
        pause = min(LONGEST_PAUSE_SECONDS, 0.25 * 2**child.failures)
        child.again_at = now + pause
        log_line("part_ended", part=child.part.name, code=child.process.returncode, again_in=pause)
        if not self.was_ready and child.failures >= STARTS_BEFORE_GIVING_UP:
            self.problem = f"The {child.part.name} process does not start; the lines above say why."
            self.ending.set()

    def _announce(self, seconds: float) -> None:
        log_line("ready", seconds=round(seconds, 1))
        say(f"Ready: {self.plan.address}")
        logins = self.plan.run_dir / "demo.txt"
        if logins.exists():
            say(logins.read_text().rstrip())

    def _stop(self) -> None:
        """Web first of all stops listening; Valkey goes last, when nobody writes any more."""
        started = time.monotonic()
        running = [child for child in self.children.values() if child.process.poll() is None]
        for child in running:
            child.process.send_signal(signal.SIGTERM)
        hurried = False
        while any(child.process.poll() is None for child in running):
            waited = time.monotonic() - started
            if waited > KILL_AFTER_SECONDS:
                kill(running)
            elif waited > HURRY_AFTER_SECONDS and not hurried:
                hurried = True
                hurry(running)
            time.sleep(0.05)
        if self.server:
            stop(self.server, grace=1.5)
        self._pids.unlink(missing_ok=True)
        if self.children:
            log_line("stopped", seconds=round(time.monotonic() - started, 1))


def hurry(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.send_signal(child.part.hurry)


def kill(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            log_line("part_killed", part=child.part.name)
            child.process.kill()
            child.process.wait(timeout=2)


def is_ready(plan: Plan) -> bool:
    """Ask by hand: `http.client` alone would double the supervisor's memory."""
    ask = f"GET /health/ready/ HTTP/1.0\r\nHost: 127.0.0.1:{plan.port}\r\n\r\n"
    try:
        with socket.create_connection((plan.dial_host, plan.port), timeout=4) as connection:
            connection.sendall(ask.encode())
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def say(text: str, *, error: bool = False) -> None:
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


def log_line(event: str, **facts: object) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = {"event": event, "level": "info", "logger": "supervisor", "timestamp": stamp, **facts}
    print(json.dumps(line), file=sys.stderr, flush=True)
