"""Waiting for a model or a platform costs no connection to the database."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from AI_model.replies.run import answer
from AI_model.testing.model_server import ModelServer
from messaging.models import Channel, Conversation
from messaging.services.delivery import deliver
from messaging.services.receive import receive_events
from messaging.testing.telegram_server import TelegramServer
from messaging.types import EventKind, InboundMessage

pytestmark = pytest.mark.django_db(transaction=True)

CHAT = "610022001"


@pytest.fixture(autouse=True)
def only_with_a_pool() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has a pool of connections")


@pytest.fixture
def model(settings: Any) -> Iterator[ModelServer]:
    with ModelServer() as server:
        for name, value in server.settings("openai").items():
            setattr(settings, name, value)
        settings.REPLY_QUIET_PERIOD_MS = 0
        yield server


@pytest.fixture
def telegram(settings: Any) -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        settings.TELEGRAM_API_BASE = server.url
        yield server


@pytest.fixture
def conversation(owner: User, telegram_channel: Channel) -> Conversation:
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key="1",
        conversation_key=CHAT,
        customer_key=CHAT,
        text="What is the meaning of all this?",
    )
    [received] = receive_events(channel=telegram_channel, events=[event], raw=b"{}")
    assert received.message is not None
    return received.message.conversation


def connections_in_use() -> int:
    stats = connection.pool.get_stats()  # type: ignore[attr-defined]
    return int(stats["pool_size"] - stats["pool_available"])


def alone(do: Callable[[], object]) -> int:
    """In a thread of its own, while this one holds no connection; how many others hold."""

    def run() -> None:
        try:
            do()
        finally:
            connection.close()

    connection.close()
    others = connections_in_use()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return others


def test_no_connection_is_held_while_model_and_platform_are_waited_for(
    conversation: Conversation, model: ModelServer, telegram: TelegramServer
) -> None:
    held: dict[str, int] = {}

    def look(moment: str, call: object) -> None:
        if moment == "request_read":
            held["model"] = connections_in_use()

    model.hook = look
    telegram.hooks["request_read"] = lambda call: held.update(platform=connections_in_use())

    def answer_and_deliver() -> None:
        answer(conversation_id=conversation.pk)
        deliver(conversation_id=conversation.pk)

    others = alone(answer_and_deliver)
    assert telegram.texts(CHAT)
    assert held == {"model": others, "platform": others}
