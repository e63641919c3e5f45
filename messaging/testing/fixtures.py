"""Fixtures for whoever tests against a Bot API on loopback."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from messaging.testing.telegram_server import TelegramServer


@pytest.fixture
def telegram_api(settings: Settings) -> Iterator[TelegramServer]:
    """A Bot API that Deskbell talks to during this test."""
    with TelegramServer() as server:
        settings.TELEGRAM_API_BASE = server.url
        yield server
