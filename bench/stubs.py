"""The vendors on loopback, each in its own process, so that they cost the measured ones little."""

import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx

from core.supervisor.children import stop


@dataclass
class Stub:
    """A server started as a module, which prints its port or address on its first line."""

    module: str
    arguments: tuple[str, ...] = ()
    url: str = ""
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Stub":
        argv = [sys.executable, "-m", self.module, "--port", "0", *self.arguments]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        first = self.process.stdout.readline().decode().strip()
        self.url = first if first.startswith("http") else f"http://127.0.0.1:{first}"
        return self

    def control(self, **order: Any) -> None:
        answer = httpx.post(f"{self.url}/_ctl", json=order, timeout=10, trust_env=False)
        answer.raise_for_status()

    def ledger(self) -> Any:
        return httpx.get(f"{self.url}/_ledger", timeout=60, trust_env=False).json()

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process)


def model_stub(text: str = "Answer to: {question}") -> Stub:
    return Stub("AI_model.testing.model_server", ("--text", text)).start()


def telegram_stub(*arguments: str) -> Stub:
    return Stub("messaging.testing.telegram_server", arguments).start()


def graph_stub() -> Stub:
    return Stub("messaging.testing.graph_server").start()


def accepted_sends(telegram: Stub) -> list[dict[str, Any]]:
    """The messages that Telegram took, in order; `at` is on this machine's monotonic clock."""
    return [c for c in telegram.ledger() if c["method"] == "sendMessage" and c["accepted"]]


def wait_for_sends(telegram: Stub, count: int, *, seconds: float) -> list[dict[str, Any]]:
    """All accepted sends once there are `count`, or those that came within the time."""
    deadline = time.monotonic() + seconds
    sends = accepted_sends(telegram)
    while len(sends) < count and time.monotonic() < deadline:
        time.sleep(0.5)
        sends = accepted_sends(telegram)
    return sends
