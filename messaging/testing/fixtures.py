"""Fixtures for whoever tests against a platform on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

from messaging.testing.graph_server import GraphServer
from messaging.testing.telegram_server import TelegramServer

if TYPE_CHECKING:
    from accounts.models import Business
    from messaging.models import Channel

INSTAGRAM_ID, INSTAGRAM_TOKEN = "17841405000000001", "IGtest-token"
PAGE_ID, PAGE_TOKEN = "106540352242922", "EAAtest-page-token"
META_CUSTOMER = "1254459154682919"
APP_SECRET = "test-app-secret"


@pytest.fixture
def telegram_api(settings: Settings) -> Iterator[TelegramServer]:
    """A Bot API that Deskbell talks to during this test."""
    with TelegramServer() as server:
        settings.TELEGRAM_API_BASE = server.url
        yield server


@pytest.fixture
def graph_server(settings: Settings) -> Iterator[GraphServer]:
    """Meta's Graph API for this test: one Instagram account, one Page, one customer who wrote."""
    settings.INSTAGRAM_APP_SECRETS = [APP_SECRET]
    with GraphServer() as server:
        settings.INSTAGRAM_GRAPH_BASE = server.url
        more = {"name": "Kite Bikes", "username": "kite.bikes"}
        server.add_account(INSTAGRAM_ID, INSTAGRAM_TOKEN, app_scoped_id="29001", **more)
        linked = {"linked_instagram": INSTAGRAM_ID}
        server.add_account(PAGE_ID, PAGE_TOKEN, kind="page", **more, **linked)
        server.heard_from(META_CUSTOMER, name="Ana Petrova", username="ana.p")
        yield server


@pytest.fixture
def instagram_channel(business: Business) -> Channel:
    """Connected by Instagram's own login; its account is known to `graph_server`."""
    return _channel(business, "instagram", INSTAGRAM_ID, INSTAGRAM_TOKEN)


@pytest.fixture
def messenger_channel(business: Business) -> Channel:
    return _channel(business, "messenger", PAGE_ID, PAGE_TOKEN)


def _channel(business: Business, kind: str, external_id: str, token: str) -> Channel:
    from messaging.models import Channel

    return Channel.objects.create(
        business=business,
        kind=kind,
        name="kite.bikes",
        external_id=external_id,
        secrets={"token": token},  # type: ignore[misc]  # text only inside the database
    )
