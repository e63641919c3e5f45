"""Several senders at once in one conversation, interleaved at the points where it matters."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from core.lib.clock import database_now
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import send_support_message
from messaging.services.delivery import deliver, retry_message
from messaging.services.receive import receive_events
from messaging.testing.telegram_server import Call, TelegramServer
from messaging.types import EventKind, InboundMessage

pytestmark = pytest.mark.django_db(transaction=True)

CHAT = "610022001"
PATIENCE = 10.0


@pytest.fixture(autouse=True)
def no_pace(settings: Settings) -> None:
    settings.TELEGRAM_SENDS_PER_SECOND = settings.TELEGRAM_CHAT_SENDS_PER_SECOND = 10_000


@pytest.fixture
def conversation(telegram_channel: Channel, owner: User) -> Conversation:
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key="1",
        conversation_key=CHAT,
        customer_key=CHAT,
        text="Hello",
    )
    [received] = receive_events(channel=telegram_channel, events=[event], raw=b"{}")
    assert received.message is not None
    return received.message.conversation


def elsewhere(do: Callable[[], object]) -> None:
    """In a thread of its own, with a connection of its own, to its end."""

    def run() -> None:
        try:
            do()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


@contextmanager
def before_the_first_write(do: Callable[[], object]) -> Iterator[None]:
    """Run `do` when this thread has read and is about to write."""
    done = False

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal done
        if not done and sql.startswith(("BEGIN", "UPDATE")):
            done = True
            do()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield


def test_a_sender_that_comes_second_holds_up_nothing(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    send_support_message(conversation=conversation, user=owner, text="One")
    faster = lambda: elsewhere(lambda: deliver(conversation_id=conversation.pk))  # noqa: E731
    with before_the_first_write(faster):
        deliver(conversation_id=conversation.pk)
    conversation.refresh_from_db()
    assert conversation.lane_token == ""

    send_support_message(conversation=conversation, user=owner, text="Two")
    deliver(conversation_id=conversation.pk)
    assert telegram_api.texts(CHAT) == ["One", "Two"]


def test_a_sender_that_comes_second_sends_what_is_next(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    send_support_message(conversation=conversation, user=owner, text="One")

    def meanwhile() -> None:
        deliver(conversation_id=conversation.pk)
        send_support_message(conversation=conversation, user=owner, text="Two")

    with before_the_first_write(lambda: elsewhere(meanwhile)):
        deliver(conversation_id=conversation.pk)
    assert telegram_api.texts(CHAT) == ["One", "Two"]


def test_a_pause_that_the_platform_asked_for_holds_for_every_sender(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    send_support_message(conversation=conversation, user=owner, text="One")
    telegram_api.plan("slow_down", retry_after=60)
    faster = lambda: elsewhere(lambda: deliver(conversation_id=conversation.pk))  # noqa: E731
    with before_the_first_write(faster):
        deliver(conversation_id=conversation.pk)
    assert len(telegram_api.calls) == 1


def test_a_send_that_ends_well_is_no_case_for_a_look(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    """A second sender finds the first one's send begun, and looks again only when it has ended."""
    message = send_support_message(conversation=conversation, user=owner, text="One")
    has_read, first_is_done = threading.Event(), threading.Event()

    def wait_for_the_first() -> None:
        has_read.set()
        assert first_is_done.wait(PATIENCE)

    def second() -> None:
        try:
            with before_the_first_write(wait_for_the_first):
                deliver(conversation_id=conversation.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=second)

    def while_it_is_sent(call: Call | None) -> None:
        thread.start()
        assert has_read.wait(PATIENCE)

    telegram_api.hooks["request_read"] = while_it_is_sent
    deliver(conversation_id=conversation.pk)
    first_is_done.set()
    thread.join(PATIENCE)

    conversation.refresh_from_db()
    message.refresh_from_db()
    assert (message.delivery, conversation.needs_a_look) == ("sent", False)


def test_a_refusal_that_comes_late_sends_nothing_again(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    """The sender stood still so long that its send was given up, and a person sent it again."""
    message = send_support_message(conversation=conversation, user=owner, text="One")
    telegram_api.plan("slow_down", retry_after=0)

    def given_up_and_sent_again() -> None:
        Conversation.objects.update(lane_until=database_now(plus=-1))
        deliver(conversation_id=conversation.pk)
        uncertain = Message.objects.get(pk=message.pk)
        assert uncertain.delivery == "uncertain"
        retry_message(message=uncertain, user=owner)
        deliver(conversation_id=conversation.pk)

    def while_it_is_sent(call: Call | None) -> None:
        telegram_api.hooks.clear()
        elsewhere(given_up_and_sent_again)

    telegram_api.hooks["request_read"] = while_it_is_sent
    deliver(conversation_id=conversation.pk)

    message.refresh_from_db()
    assert message.delivery == "sent"
    assert telegram_api.texts(CHAT) == ["One"]


def test_the_last_send_is_written_on_the_channel_at_most_every_thirty_seconds(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    channels = Channel.objects.filter(pk=conversation.channel_id)
    seen = []
    for ago in (None, timedelta(seconds=29), timedelta(seconds=31)):
        before = timezone.now() - ago if ago else None
        channels.update(last_outbound_at=before, health="ok")
        send_support_message(conversation=conversation, user=owner, text="Hello")
        with CaptureQueriesContext(connection) as captured:
            deliver(conversation_id=conversation.pk)
        conversation.refresh_from_db()
        writes = sum("UPDATE" in q["sql"] and 'channel" SET' in q["sql"] for q in captured)
        seen.append((writes, channels.get().last_outbound_at != before))
    assert seen == [(1, True), (0, False), (1, True)]
    assert len(telegram_api.sent(CHAT)) == 3
