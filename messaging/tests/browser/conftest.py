"""A real server over the test database, and a real Chromium before it. Models are imported late."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from core.supervisor.children import stop
from core.testing.chromium import find_chromium
from core.testing.serving import database_url, free_port, wait_until_up

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam

    from accounts.models import User

ROOT = Path(__file__).resolve().parents[3]
expect.set_options(timeout=15_000)
CHROMIUM_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]


def start_server(url: str, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "uvicorn", "core.asgi:application", "--port", str(port)]
    server = subprocess.Popen([*command, "--log-level", "warning"], cwd=ROOT, env=environment)
    wait_until_up(url, server)
    return server


class Site:
    """The running server; it can be stopped and started again at the same address."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment | {"PORT": str(self.port), "PUBLIC_URL": self.url}
        self.start()

    def start(self) -> None:
        self.server = start_server(self.url, self.port, self.environment)

    def stop(self) -> None:
        stop(self.server, grace=5)

    def keep_file(self, place: str, content: bytes) -> None:
        """Put a customer's file where this server keeps them."""
        path = Path(self.environment["DATA_DIR"]) / "media" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture(scope="session")
def static_files(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a server whose static files are gathered as in real life."""
    folder = str(tmp_path_factory.mktemp("site"))
    environment = {**os.environ, "DATABASE_URL": database_url(), "DATA_DIR": folder}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return environment


@pytest.fixture(scope="session")
def site(static_files: dict[str, str]) -> Iterator[Site]:
    running = Site(static_files)
    yield running
    running.stop()


@pytest.fixture(scope="package")
def browser(django_db_setup: None) -> Iterator[Browser]:
    """For this package only: Playwright keeps an event loop in the thread that tests run in."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        path = os.environ.get("CHROMIUM_PATH") or find_chromium()
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


class Complaints(list[str]):
    """What a page said on its console, refused loads by the CSP included."""

    def watch(self, page: Page) -> None:
        page.on("console", lambda said: self._note(said) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.append(str(error)))

    def _note(self, said: ConsoleMessage) -> None:
        self.append(f"{said.text} {said.location.get('url', '')}".strip())


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def context(browser: Browser, transactional_db: None) -> Iterator[BrowserContext]:
    fresh = browser.new_context(viewport={"width": 1280, "height": 800})
    fresh.set_default_timeout(10_000)
    yield fresh
    fresh.close()


@pytest.fixture
def open_inbox(context: BrowserContext, site: Site, complaints: Complaints) -> Callable[..., Page]:
    """`open_inbox(user, path)`: a page of a person who is logged in."""

    def open_as(user: User, path: str = "/inbox/") -> Page:
        context.add_cookies([session_cookie(user, site.url)])
        page = context.new_page()
        complaints.watch(page)
        page.goto(site.url + path)
        return page

    return open_as


def session_cookie(user: User, url: str) -> SetCookieParam:
    from django.test import Client

    client = Client()
    client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}
