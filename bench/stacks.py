"""Starts the two systems under measure with the same engines, ports of their own, and pids kept."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.fernet import Fernet

from bench.stubs import Stub
from core.supervisor import valkey
from core.supervisor.children import spawn, stop
from core.testing.postgres import TestPostgres, find_binaries

ROOT = Path(__file__).resolve().parent.parent
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}
SECRET = "bench-secret"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Engines:
    """A folder, a Valkey, and a PostgreSQL that keeps its promises if that is asked for."""

    database: str
    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="bench-", dir="/tmp"))
    )
    postgres: TestPostgres | None = None

    def __post_init__(self) -> None:
        self.socket = self.folder / "valkey.sock"
        self.valkey = self.start_valkey()
        self.database_url = ""
        if self.database == "postgresql":
            binaries = find_binaries()
            if binaries is None:
                raise SystemExit("The bench needs PostgreSQL; install the postgresql package.")
            self.postgres = TestPostgres(binaries, flags=DURABLE)
            self.database_url = self.postgres.start()

    def start_valkey(self) -> "subprocess.Popen[bytes]":
        return valkey.start(
            folder=self.folder / "valkey", unix_socket=self.socket, log=self.folder / "valkey.log"
        )

    def stop(self) -> None:
        stop(self.valkey, grace=3)
        if self.postgres:
            self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Stack:
    """Processes by name; `environment` is what all of them see."""

    environment: Mapping[str, str]

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self.port = free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def commands(self) -> Mapping[str, list[str]]:
        raise NotImplementedError

    def start(self, *names: str) -> None:
        commands = self.commands()
        for name in names or commands:
            self.processes[name] = spawn(
                [sys.executable, *commands[name]],
                log=self.engines.folder / f"{name}.log",
                env=self.environment,
                cwd=ROOT,
            )
        self.wait_for_port()

    def wait_for_port(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit((self.engines.folder / "web.log").read_text()[-3000:])

    def run(self, *argv: str) -> str:
        done = subprocess.run(
            [sys.executable, *argv],
            env=dict(self.environment),
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{argv}: {done.stderr[-2000:]}")
        return done.stdout

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            stop(process, grace=10)


class Deskbell(Stack):
    """Ours, as `make run` starts it but without Beat."""

    def __init__(
        self, engines: Engines, *, telegram: Stub, model: Stub | None, **more: str
    ) -> None:
        super().__init__(engines)
        models = {"OPENAI_API_KEY": "bench", "OPENAI_BASE_URL": f"{model.url}/v1"} if model else {}
        self.environment = os.environ | {
            "DATA_DIR": str(engines.folder),
            "DATABASE_URL": engines.database_url,
            "REDIS_URL": f"unix://{engines.socket}",
            "SECRET_KEY": "bench-" + "x" * 50,
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "PORT": str(self.port),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "TELEGRAM_API_BASE": telegram.url,
            "TELEGRAM_SENDS_PER_SECOND": "100000",
            "TELEGRAM_CHAT_SENDS_PER_SECOND": "100000",
            "REPLY_QUIET_PERIOD_MS": "0",
            "EMBEDDED_ANSWERS": "1",
            "LOG_LEVEL": "WARNING",
            "MALLOC_ARENA_MAX": "2",
            "OPENBLAS_NUM_THREADS": "1",
            **models,
            **more,
        }

    def commands(self) -> Mapping[str, list[str]]:
        """One worker for all, as `make run`; on PostgreSQL by queue, as docker-compose.yml."""
        web, sweeper = ["-m", "core.serve"], ["manage.py", "sweep"]
        workers = {"worker": ["-m", "core.worker"]}
        if self.engines.database_url:
            workers = {f"worker-ai-{number}": ["-m", "core.worker", "ai"] for number in (1, 2)}
            workers["worker-rest"] = ["-m", "core.worker", "inbound", "outbound", "maintenance"]
        return {"web": web, "sweeper": sweeper, **workers}

    def prepare(self) -> str:
        """Migrate, make a business with a bot, and return the webhook's path."""
        self.run("manage.py", "migrate", "-v0")
        self.run("manage.py", "create_business", "bench", "--password", "bench password 1")
        connect = ["connect_channel", "telegram", "--user", "bench", "--token", "1:token"]
        said = self.run("manage.py", *connect, "--secret", SECRET, "--no-register")
        return str(json.loads(said)["webhook_path"])


class Tutorial(Stack):
    def __init__(self, engines: Engines, *, telegram: Stub, model: Stub) -> None:
        super().__init__(engines)
        database = engines.database_url or f"sqlite:///{engines.folder}/tutorial.sqlite3"
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "bench.tutorial.settings",
            "TUTORIAL_DATABASE": database,
            "TUTORIAL_BROKER": f"redis+socket://{engines.socket}",
            "TUTORIAL_MODEL": model.url,
            "TUTORIAL_TELEGRAM": telegram.url,
            "PORT": str(self.port),
        }

    def commands(self) -> Mapping[str, list[str]]:
        worker = ["-m", "celery", "-A", "bench.tutorial.celery", "-q", "worker", "-c", "2"]
        return {"web": ["-m", "bench.tutorial.web"], "worker": worker}

    def prepare(self) -> str:
        self.run("-m", "django", "migrate", "--run-syncdb", "-v0")
        return "/webhook/"
