"""A customer's chat with a business that knows something. Models are imported late, like Django."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from messaging.testing.fixtures import (  # noqa: F401  # fixtures, found by their names
    graph_server,
    instagram_channel,
    messenger_channel,
    telegram_api,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Business, User
    from AI_model.testing.chats import Chat
    from AI_model.testing.model_server import ModelServer
    from messaging.models import Channel
    from settings_app.models import KnowledgeEntry


@pytest.fixture
def knowledge(business: Business) -> KnowledgeEntry:
    from AI_model.testing.chats import SHIPPING
    from settings_app.models import KnowledgeEntry

    entry = KnowledgeEntry.objects.create(
        business=business,
        question="Do you ship to Norway?",
        phrasings=["Can you deliver to Oslo?", "Is Norway in your delivery area?"],
        answer=SHIPPING,
    )
    KnowledgeEntry.objects.create(
        business=business,
        question="What does a repair cost?",
        phrasings=["Price of fixing a flat tyre"],
        answer="A small repair costs 15 euros.",
    )
    business.refresh_from_db()
    return entry


@pytest.fixture
def chat(settings: Any, owner: User, knowledge: KnowledgeEntry, webchat_channel: Channel) -> Chat:
    """Answered at once: no pause for what the customer may add."""
    from AI_model.testing.chats import Chat

    settings.REPLY_QUIET_PERIOD_MS = 0
    return Chat(webchat_channel)


@pytest.fixture
def model(settings: Any) -> Iterator[ModelServer]:
    from AI_model.testing.model_server import ModelServer

    with ModelServer() as server:
        for name, value in server.settings("openai").items():
            setattr(settings, name, value)
        yield server
