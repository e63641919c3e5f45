"""A real server over the database of this test run, for tests that ask over the network."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

from django.conf import settings

from core.env import ROOT
from core.supervisor.children import stop

STARTED_WITHIN = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The address of the database that this test run uses."""
    name = str(settings.DATABASES["default"]["NAME"])
    if not settings.PRODUCTION:
        return f"sqlite://{name}"
    return urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}"))


def run_manage(*words: str) -> subprocess.CompletedProcess[str]:
    """`manage.py …` as an operator types it, on this run's database."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def serving(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a `core.serve` that runs meanwhile."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    own = {"DATABASE_URL": database_url(), "PORT": str(port), "PUBLIC_URL": url}
    server = subprocess.Popen(
        [sys.executable, "-m", "core.serve"],
        cwd=ROOT,
        env={**os.environ, **own, **(environment or {})},
    )
    try:
        wait_until_up(url, server)
        yield url
    finally:
        stop(server, grace=5)


def wait_until_up(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(f"{url}/health/", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("The server did not start.")
