"""Which processes make up Deskbell on one machine, and how each is started and stopped."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.env import env_int, env_text


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
    def dial_host(self) -> str:
        """Where this machine reaches itself."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    @property
    def address(self) -> str:
        host = f"[{self.dial_host}]" if ":" in self.dial_host else self.dial_host
        return f"http://{host}:{self.port}/"

    def parts(self) -> list[Part]:
        python = sys.executable
        return [
            Part("web", (python, "-m", "core.serve")),
            Part("worker", (python, "-m", "core.worker"), hurry=signal.SIGQUIT),
            Part("beat", (python, "-m", "core.clock")),
            Part("sweeper", (python, "manage.py", "sweep")),
        ]

    def environment(self, name: str = "web") -> Mapping[str, str]:
        """What the children get: the same settings, and an allocator that gives memory back."""
        return os.environ | {
            "DATA_DIR": str(self.data_dir),
            "HOST": self.host,
            "PORT": str(self.port),
            "DESKBELL_PART": name,
            "MALLOC_ARENA_MAX": "2",
            "OPENBLAS_NUM_THREADS": "1",
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
