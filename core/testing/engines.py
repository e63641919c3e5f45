"""The real engines under the tests: one Valkey, and SQLite or PostgreSQL, per test session."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from dotenv import dotenv_values

from core.supervisor import valkey
from core.supervisor.children import stop
from core.testing.postgres import MISSING, TestPostgres, find_binaries

ROOT = Path(__file__).resolve().parents[2]
# What a developer's own shell or .env may hold and must not reach a test.
OPERATOR_NAMES = (
    *("GEMINI_API_KEY", "GEMINI_API_BASE", "GEMINI_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"),
    *("OPENAI_MODEL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL"),
    *("TELEGRAM_API_BASE", "PUBLIC_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG", "PORT"),
    *("INSTAGRAM_APP_SECRET", "INSTAGRAM_VERIFY_TOKEN", "INSTAGRAM_GRAPH_BASE", "MEDIA_ROOT"),
    *("TRUST_PROXY", "TRUST_PRIVATE_ENDPOINTS", "METRICS_TOKEN", "LOG_LEVEL", "DEMO"),
)


@dataclass
class Engines:
    """Started before Django's settings are read, because the settings read the environment."""

    database: str
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="db-", dir="/tmp")))
    server: subprocess.Popen[bytes] | None = None
    postgres: TestPostgres | None = None

    @property
    def socket(self) -> Path:
        return self.folder / "valkey.sock"

    @property
    def redis_url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        for name in {*OPERATOR_NAMES, *dotenv_values(ROOT / ".env")}:
            os.environ[name] = ""
        self.server = valkey.start(
            folder=self.folder / "valkey", unix_socket=self.socket, log=self.folder / "valkey.log"
        )
        os.environ |= {
            "DATA_DIR": str(self.folder),
            "REDIS_URL": self.redis_url,
            "DATABASE_URL": self._database_url(),
            "SECRET_KEY": "only-for-tests-" + "x" * 40,
            "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
            "LOG_LEVEL": "WARNING",
        }

    def _database_url(self) -> str:
        if self.database == "sqlite":
            return ""
        if given := os.environ.get("TEST_DATABASE_URL"):
            return given
        binaries = find_binaries()
        if binaries is None:
            raise RuntimeError(MISSING)
        self.postgres = TestPostgres(binaries)
        return self.postgres.start()

    def stop(self) -> None:
        if self.postgres:
            self.postgres.stop()
        if self.server:
            stop(self.server, grace=3)
        shutil.rmtree(self.folder, ignore_errors=True)


ENGINES = pytest.StashKey[Engines]()
