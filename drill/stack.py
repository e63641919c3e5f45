"""The stack under the drill: web, worker and sweeper as processes that can be hurt one by one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import orjson
from redis import Redis, RedisError

from bench.stacks import ROOT, Deskbell, Engines
from bench.stubs import Stub
from core.supervisor.children import spawn, stop

GRACE_SECONDS = 40.0


class DrillStack(Deskbell):
    """As the supervisor starts it, without Beat; a second sweeper where a drill wants one."""

    def __init__(self, engines: Engines, *, telegram: Stub, model: Stub, **more: str) -> None:
        quiet = {"REPLY_QUIET_PERIOD_MS": "300", "LOG_LEVEL": "INFO", "EMBEDDED_ANSWERS": "0"}
        super().__init__(engines, telegram=telegram, model=model, **(quiet | more))
        self.census_process: subprocess.Popen[bytes] | None = None

    def commands(self) -> Mapping[str, list[str]]:
        sweeper = ["manage.py", "sweep"]
        return {
            "web": ["-m", "core.serve"],
            "worker": ["-m", "core.worker"],
            "sweeper": sweeper,
            "sweeper-2": sweeper,
        }

    def launch(self, name: str) -> None:
        """Start one part without waiting for it."""
        self.processes[name] = spawn(
            [sys.executable, *self.commands()[name]],
            log=self.engines.folder / f"{name}.log",
            env={**self.environment, "DESKBELL_PART": name.partition("-")[0]},
            cwd=ROOT,
        )

    def start(self, *names: str) -> None:
        for name in names or ("web", "worker", "sweeper"):
            self.launch(name)
        self.wait_for_port()

    def kill(self, name: str) -> None:
        process = self.processes[name]
        process.kill()
        process.wait(timeout=5)

    def replace(self, name: str) -> None:
        """What a deploy does: ask it to end, wait until it has, start the new one."""
        stop(self.processes[name], signum=signal.SIGTERM, grace=GRACE_SECONDS)
        self.launch(name)

    def redis(self) -> Redis:
        return Redis(unix_socket_path=str(self.engines.socket), socket_timeout=2)

    def wait_for_worker(self, *, seconds: float = 20) -> bool:
        """Until a worker started after this call consumes; its heartbeat says so."""
        client, until = self.redis(), time.monotonic() + seconds
        client.delete("heart:worker.ai")
        while time.monotonic() < until:
            try:
                if client.exists("heart:worker.ai"):
                    return True
            except RedisError:
                pass
            time.sleep(0.05)
        return False

    def census(self, what: str) -> dict[str, Any]:
        """`open` or `all`, read by a process of its own."""
        if self.census_process is None:
            self.census_process = subprocess.Popen(
                [sys.executable, "-m", "drill.census"],
                cwd=ROOT,
                env={**self.environment, "DESKBELL_PART": "worker", "LOG_LEVEL": "ERROR"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        assert self.census_process.stdin and self.census_process.stdout
        self.census_process.stdin.write(what.encode() + b"\n")
        self.census_process.stdin.flush()
        found: dict[str, Any] = orjson.loads(self.census_process.stdout.readline())
        return found

    def freeze_valkey(self) -> None:
        os.kill(self.engines.valkey.pid, signal.SIGSTOP)

    def thaw_valkey(self) -> None:
        os.kill(self.engines.valkey.pid, signal.SIGCONT)

    def restart_valkey(self, *, away: float) -> None:
        """Killed, away for so many seconds, and started again with what it had written down."""
        self.engines.valkey.kill()
        self.engines.valkey.wait(timeout=5)
        time.sleep(away)
        self.engines.valkey = self.engines.start_valkey()

    def stop(self) -> None:
        self.thaw_valkey()
        if self.census_process is not None:
            stop(self.census_process)
        super().stop()
