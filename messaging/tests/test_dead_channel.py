"""What a channel that is dead or switched off holds up waits in order, and goes out afterwards."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from messaging.models import Channel, Conversation, Message, OutboundChunk
from messaging.services.conversations import send_support_message, take_over
from messaging.services.delivery import deliver, deliveries_due, release_waiting
from messaging.services.reply import Answer, claim_conversation, commit_answer
from messaging.testing.telegram_server import Call, TelegramServer
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db(transaction=True)

CHAT = "610022001"


@pytest.fixture(autouse=True)
def no_pace(settings: Settings) -> None:
    settings.TELEGRAM_SENDS_PER_SECOND = settings.TELEGRAM_CHAT_SENDS_PER_SECOND = 10_000
    settings.PUBLIC_URL = "https://bell.example"


@pytest.fixture
def conversation(telegram_channel: Channel, owner: User) -> Conversation:
    return customer_says(telegram_channel, "Hello", name=CHAT)


def reconnect(token: str = "700100200:fresh-token") -> None:
    call_command("connect_channel", "telegram", "--token", token, "--user", "owner")


def sweep() -> list[str]:
    """Deliver what is due, as the sweeper would; the conversations that were."""
    due = list(deliveries_due(older_than=-1))
    for conversation_id in due:
        deliver(conversation_id=conversation_id)
    return due


def deliveries() -> list[str | None]:
    return list(Message.objects.exclude(delivery=None).values_list("delivery", flat=True))


def test_a_refused_token_stops_the_channel_and_nothing_is_lost(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    for text in ("One", "Two"):
        send_support_message(conversation=conversation, user=owner, text=text)
    telegram_api.plan("unauthorized", times=-1)
    deliver(conversation_id=conversation.pk)

    channel = Channel.objects.get()
    assert (channel.health, "new one" in channel.health_detail) == ("dead", True)
    assert deliveries() == ["queued", "queued"]
    assert sweep() == []
    deliver(conversation_id=conversation.pk)
    assert len(telegram_api.calls) == 1, "a dead channel is not asked again and again"
    assert not Conversation.objects.get().needs_a_look, "the channel needs one, not the thread"

    telegram_api.planned.clear()
    reconnect()
    assert sweep() == [conversation.pk]
    assert telegram_api.texts(CHAT) == ["One", "Two"]
    assert deliveries() == ["sent", "sent"]


def test_what_waits_says_why(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    message = send_support_message(conversation=conversation, user=owner, text="One")
    telegram_api.plan("unauthorized")
    deliver(conversation_id=conversation.pk)
    message.refresh_from_db()
    assert message.failure is not None
    assert (message.delivery, message.failure["code"]) == ("queued", "bad_token")

    reconnect()
    sweep()
    message.refresh_from_db()
    assert (message.delivery, message.failure) == ("sent", None)


def test_a_token_renewed_during_the_refusal_is_used_at_once(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    """The old token's refusal comes in after the reconnect, and says nothing of the new one."""
    send_support_message(conversation=conversation, user=owner, text="One")
    telegram_api.plan("unauthorized")

    def while_it_is_sent(call: Call | None) -> None:
        telegram_api.hooks.clear()
        thread = threading.Thread(target=renewed)
        thread.start()
        thread.join(10)

    def renewed() -> None:
        channel = Channel.objects.get()
        channel.secrets = {**channel.secrets, "token": "700100200:fresh-token"}
        channel.health = Channel.Health.OK
        channel.save()
        connection.close()

    telegram_api.hooks["request_read"] = while_it_is_sent
    deliver(conversation_id=conversation.pk)
    assert telegram_api.texts(CHAT) == ["One"]
    assert Channel.objects.get().health == "ok"


def test_a_channel_that_is_switched_off_waits_as_well(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    send_support_message(conversation=conversation, user=owner, text="One")
    Channel.objects.update(is_active=False)
    deliver(conversation_id=conversation.pk)
    assert (sweep(), telegram_api.calls, deliveries()) == ([], [], ["queued"])
    Channel.objects.update(is_active=True)
    assert sweep() == [conversation.pk]
    assert telegram_api.texts(CHAT) == ["One"]


def test_a_send_that_was_interrupted_is_settled_though_the_channel_died(
    conversation: Conversation, owner: User
) -> None:
    send_support_message(conversation=conversation, user=owner, text="One")
    OutboundChunk.objects.update(state="sending", attempts=1)
    Channel.objects.update(health="dead", sends_refused_at=timezone.now())
    assert sweep() == [conversation.pk]
    assert deliveries() == ["uncertain"]


def test_a_takeover_gives_up_what_the_ai_had_waiting(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    message = send_support_message(conversation=conversation, user=owner, text="From the AI")
    Message.objects.filter(pk=message.pk).update(type="AI")
    telegram_api.plan("unauthorized")
    deliver(conversation_id=conversation.pk)
    take_over(conversation=Conversation.objects.get(), user=owner)
    reconnect()
    sweep()
    assert (deliveries(), telegram_api.texts(CHAT)) == (["failed"], [])


def test_a_channel_that_only_hears_nothing_still_sends(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    """Dead because the platform delivers elsewhere; an answer proves nothing about that."""
    Channel.objects.update(health="dead", health_detail="Telegram delivers to another address.")
    send_support_message(conversation=conversation, user=owner, text="One")
    assert sweep() == [conversation.pk]
    assert telegram_api.texts(CHAT) == ["One"]
    assert Channel.objects.get().health == "dead"


def test_a_send_that_is_taken_ends_the_waiting(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    """As when the doctor found the channel well before anybody reconnected it."""
    Channel.objects.update(health="ok", sends_refused_at=timezone.now())
    send_support_message(conversation=conversation, user=owner, text="One")
    deliver(conversation_id=conversation.pk)
    channel = Channel.objects.get()
    assert (channel.health, channel.sends_refused_at) == ("ok", None)


def test_an_ai_answer_waits_without_a_call(
    conversation: Conversation, telegram_api: TelegramServer
) -> None:
    """The way that skips the queue is for channels that work."""
    Conversation.objects.update(status="active")
    Channel.objects.update(health="dead", sends_refused_at=timezone.now())
    asked = Conversation.objects.select_related("channel", "customer").get()
    claim = claim_conversation(conversation=asked)
    assert claim is not None
    committed = commit_answer(claim=claim, answer=Answer("Yes"), despite_newer=False, lane="lane")
    assert committed is not None
    assert committed.begun is None
    deliver(conversation_id=conversation.pk)
    assert (deliveries(), telegram_api.calls) == (["queued"], [])


def test_the_reconnect_rings_for_every_thread_that_waits(
    conversation: Conversation, owner: User, telegram_channel: Channel
) -> None:
    other = customer_says(telegram_channel, "Hello", name="610022002")
    customer_says(telegram_channel, "Nothing waits here", name="610022003")
    for thread in (conversation, other):
        for text in ("One", "Two"):
            send_support_message(conversation=thread, user=owner, text=text)
    Channel.objects.update(sends_refused_at=timezone.now())
    assert release_waiting(telegram_channel.pk) == 2
    assert Channel.objects.get().sends_refused_at is None


def test_a_thread_that_moved_is_followed_once(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    message = send_support_message(conversation=conversation, user=owner, text="One")
    telegram_api.plan("migrated")
    deliver(conversation_id=conversation.pk)
    conversation.refresh_from_db()
    message.refresh_from_db()
    assert (conversation.external_id, message.delivery) == ("-1009", "sent")
    assert telegram_api.texts() == telegram_api.texts("-1009") == ["One"]

    again = send_support_message(conversation=conversation, user=owner, text="Two")
    telegram_api.plan("migrated", times=2)
    deliver(conversation_id=conversation.pk)
    again.refresh_from_db()
    assert (again.delivery, len(telegram_api.calls)) == ("failed", 4)


def test_a_thread_that_moved_to_one_we_know_is_answered_there(
    conversation: Conversation, owner: User, telegram_api: TelegramServer, telegram_channel: Channel
) -> None:
    customer_says(telegram_channel, "We are a supergroup now", name="-1009")
    message = send_support_message(conversation=conversation, user=owner, text="One")
    telegram_api.plan("migrated")
    deliver(conversation_id=conversation.pk)
    message.refresh_from_db()
    assert message.delivery == "failed"
    assert message.failure is not None
    assert "another conversation" in message.failure["detail"]
    assert telegram_api.texts() == []


def test_a_send_costs_as_many_statements_as_ever(
    conversation: Conversation, owner: User, telegram_api: TelegramServer
) -> None:
    """Neither the window nor the channel's health is asked for with a statement of its own."""
    send_support_message(conversation=conversation, user=owner, text="One")
    deliver(conversation_id=conversation.pk)
    send_support_message(conversation=conversation, user=owner, text="Two")
    with CaptureQueriesContext(connection) as captured:
        deliver(conversation_id=conversation.pk)
    statements = [query["sql"].split()[0] for query in captured]
    assert sum(word in {"SELECT", "UPDATE", "INSERT"} for word in statements) == 8, statements
