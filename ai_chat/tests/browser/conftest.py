"""A real server, a real Chromium, a model on loopback, and whoever writes the answers.

Models are imported late: this file loads before Django.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from messaging.tests.browser.conftest import (
    Complaints,
    Site,
    browser,
    complaints,
    context,
    session_cookie,
    static_files,
)

if TYPE_CHECKING:
    from accounts.models import User
    from AI_model.testing.model_server import ModelServer

__all__ = ["browser", "complaints", "context", "static_files"]
LOOK = 0.05
FIRST_NEEDED = ("openai.resources.chat", "openai.types.chat", "ai_chat.answering.run")


@pytest.fixture(scope="session")
def model_server() -> Iterator[ModelServer]:
    from AI_model.testing.model_server import ModelServer

    for name in FIRST_NEEDED:  # takes seconds, which no test should wait for
        import_module(name)
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="session")
def site(static_files: dict[str, str], model_server: ModelServer) -> Iterator[Site]:
    running = Site(static_files | model_server.settings("openai", "anthropic"))
    yield running
    running.stop()


@pytest.fixture
def model(model_server: ModelServer, settings: Any) -> ModelServer:
    for name, value in model_server.settings("openai", "anthropic").items():
        setattr(settings, name, value)
    model_server.reset()
    return model_server


class Writer:
    """The worker, without its broker: whatever is due is written, each in a thread."""

    def __init__(self) -> None:
        self._end = threading.Event()
        self._begun: dict[str, threading.Thread] = {}
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()
        for thread in self._begun.values():
            thread.join(10)

    def _run(self) -> None:
        from django.db import connection

        from ai_chat.services.claims import answers_due

        while not self._end.wait(LOOK):
            for due in set(answers_due(older_than=0)) - set(self._begun):
                self._begun[due] = threading.Thread(target=self._write, args=(due,))
                self._begun[due].start()
        connection.close()

    def _write(self, message_id: str) -> None:
        from django.db import connection

        from ai_chat.answering.run import write

        write(message_id)
        connection.close()


@pytest.fixture
def writer(context: BrowserContext, model: ModelServer) -> Iterator[None]:
    """Asked for after `context`, so that it has ended before the tables are emptied."""
    running = Writer()
    running.start()
    yield
    running.stop()


@pytest.fixture
def open_chat(
    context: BrowserContext, site: Site, complaints: Complaints, writer: None
) -> Callable[..., Page]:
    """`open_chat(user, path)`: a page of a person who is logged in, once its socket is open."""

    def open_as(user: User, path: str = "/chat/new/") -> Page:
        context.add_cookies([session_cookie(user, site.url)])
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
        page = context.new_page()
        complaints.watch(page)
        page.goto(site.url + path)
        if page.locator("#thread").count():
            expect(page.locator("body")).to_have_attribute("data-live", "on")
        return page

    return open_as
