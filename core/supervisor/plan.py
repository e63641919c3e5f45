"""Which processes make up Deskbell on one machine, and how each is started and stopped."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.env import env_int, env_text

QUEUES = "inbound,ai,outbound,maintenance"


@dataclass(frozen=True)
class Part:
    """`hurry` is the signal for a part that has not ended a while after SIGTERM."""

    name: str
    argv: tuple[str, ...]
    hurry: signal.Signals = signal.SIGTERM


@dataclass(frozen=True)
class Plan:
    root: Path
    data_dir: Path
    host: str
    port: int
    socket: Path | None

    @property
    def run_dir(self) -> Path:
        return self.data_dir / "run"

    @property
    def address(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port}/"

    def parts(self) -> list[Part]:
        python = sys.executable
        celery = (python, "-m", "celery", "-A", "core")
        threads = str(env_int("WORKER_THREADS", 80, minimum=1, maximum=1000))
        quiet = ("--without-mingle", "--without-gossip", "--without-heartbeat")
        worker = ("worker", "-P", "threads", "-c", threads, "-Q", QUEUES, *quiet, "-n", f"all@{self.port}")
        schedule = ("beat", "--pidfile=", "--max-interval", "30")
        return [
            Part("web", (python, "-m", "core.serve")),
            Part("worker", (*celery, "-q", *worker), hurry=signal.SIGQUIT),
            Part("beat", (*celery, "-q", *schedule)),
            Part("sweeper", (python, "manage.py", "sweep")),
        ]

    def environment(self) -> Mapping[str, str]:
        """What the children get: the same settings, and an allocator that gives memory back."""
        return os.environ | {
            "DATA_DIR": str(self.data_dir),
            "HOST": self.host,
            "PORT": str(self.port),
            "MALLOC_ARENA_MAX": "2",
            "MALLOC_TRIM_THRESHOLD_": "131072",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore:You're running the worker",
        }


def make_plan() -> Plan:
    from core.env import ROOT, data_dir, embedded_socket

    folder = data_dir()
    return Plan(
        root=ROOT,
        data_dir=folder,
        host=env_text("HOST", "127.0.0.1"),
        port=env_int("PORT", 8000, minimum=1, maximum=65535),
        socket=None if env_text("REDIS_URL") else embedded_socket(folder),
    )
