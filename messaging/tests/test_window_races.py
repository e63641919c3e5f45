"""Windows and dying tokens against a Graph API that keeps the documented limits."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import send_support_message
from messaging.services.delivery import deliver, deliveries_due
from messaging.testing.fixtures import INSTAGRAM_ID, INSTAGRAM_TOKEN, META_CUSTOMER
from messaging.testing.graph_server import GraphServer
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(hours=24)


@pytest.fixture(autouse=True)
def public_url(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://bell.example"


@pytest.fixture
def conversation(
    instagram_channel: Channel, owner: User, graph_server: GraphServer
) -> Iterator[Conversation]:
    yield customer_says(instagram_channel, "Is it still there?", name=META_CUSTOMER)


def grow_old(graph: GraphServer, ago: timedelta) -> None:
    """The customer's latest words are so old now, for us and for Meta."""
    Conversation.objects.update(window_from=timezone.now() - ago)
    graph.customers[META_CUSTOMER].last_inbound = time.time() - ago.total_seconds()


def say(conversation: Conversation, owner: User, *texts: str) -> None:
    for text in texts:
        send_support_message(conversation=conversation, user=owner, text=text)


def reconnect(graph: GraphServer, token: str = "IGfresh-token") -> None:
    """The owner logs in again and gives the new token to the command."""
    if token not in graph.accounts:
        graph.add_account(INSTAGRAM_ID, token, username="kite.bikes", app_scoped_id="29001")
    options = ["--account-id", INSTAGRAM_ID, "--token", token]
    call_command("connect_channel", "instagram", *options, "--user", "owner")


def sweep() -> None:
    for conversation_id in list(deliveries_due(older_than=-1)):
        deliver(conversation_id=conversation_id)


def fates() -> list[tuple[str | None, str]]:
    said = Message.objects.filter(type__in=["AI", "support"])
    return [(one.delivery, (one.failure or {}).get("code", "")) for one in said]


def test_the_tag_goes_out_only_after_a_day_and_only_with_the_permission(
    conversation: Conversation, owner: User, graph_server: GraphServer
) -> None:
    graph_server.accounts[INSTAGRAM_TOKEN].human_agent = True
    Channel.objects.update(settings={"human_agent": True})
    say(conversation, owner, "In time")
    deliver(conversation_id=conversation.pk)
    grow_old(graph_server, DAY)
    say(Conversation.objects.get(), owner, "A day later")
    deliver(conversation_id=conversation.pk)

    tags = [(call.text, call.fields.get("tag")) for call in graph_server.sent()]
    assert tags == [("In time", None), ("A day later", "HUMAN_AGENT")]
    assert graph_server.sent()[1].fields["messaging_type"] == "MESSAGE_TAG"


def test_a_queued_answer_is_tagged_by_when_it_goes_out(
    conversation: Conversation, owner: User, graph_server: GraphServer
) -> None:
    graph_server.accounts[INSTAGRAM_TOKEN].human_agent = True
    Channel.objects.update(settings={"human_agent": True})
    say(conversation, owner, "Written in time")
    grow_old(graph_server, DAY + timedelta(minutes=1))
    deliver(conversation_id=conversation.pk)
    assert graph_server.sent()[0].fields["tag"] == "HUMAN_AGENT"


def test_the_window_closes_on_what_is_queued(
    conversation: Conversation, owner: User, graph_server: GraphServer
) -> None:
    say(conversation, owner, "One", "Two")
    grow_old(graph_server, DAY)
    deliver(conversation_id=conversation.pk)
    assert fates() == [("failed", "window_closed")] * 2
    assert graph_server.calls == []


def test_what_meta_finds_late_is_the_same_failure(
    conversation: Conversation, owner: User, graph_server: GraphServer
) -> None:
    """Its clock decides, and may be ahead of what we know."""
    say(conversation, owner, "One")
    graph_server.customers[META_CUSTOMER].last_inbound = time.time() - 86401
    deliver(conversation_id=conversation.pk)
    assert fates() == [("failed", "window_closed")]
    conversation.refresh_from_db()
    assert conversation.needs_a_look
    assert Channel.objects.get().health != "dead"


def test_a_permission_that_meta_does_not_know_fails_that_message_alone(
    conversation: Conversation, owner: User, graph_server: GraphServer
) -> None:
    Channel.objects.update(settings={"human_agent": True}, health="ok")
    grow_old(graph_server, 2 * DAY)
    say(Conversation.objects.get(), owner, "Two days later")
    deliver(conversation_id=conversation.pk)
    assert fates() == [("failed", "tag_refused")]
    assert Channel.objects.get().health == "ok"


def test_a_token_dies_in_mid_queue_and_what_waits_goes_out_in_order(
    conversation: Conversation, owner: User, graph_server: GraphServer
) -> None:
    say(conversation, owner, "One")
    deliver(conversation_id=conversation.pk)
    graph_server.accounts[INSTAGRAM_TOKEN].expires_at = time.time() - 1
    say(conversation, owner, "Two", "Three")
    deliver(conversation_id=conversation.pk)
    sweep()
    assert fates() == [("sent", ""), ("queued", "bad_token"), ("queued", "")]
    assert Channel.objects.get().health == "dead"
    assert len([call for call in graph_server.calls if call.edge == "messages"]) == 2

    reconnect(graph_server)
    sweep()
    assert graph_server.texts() == ["One", "Two", "Three"]
    assert fates() == [("sent", "")] * 3


def test_a_reconnect_that_comes_after_the_window_sends_nothing(
    conversation: Conversation, owner: User, graph_server: GraphServer
) -> None:
    graph_server.accounts[INSTAGRAM_TOKEN].expires_at = time.time() - 1
    say(conversation, owner, "One", "Two")
    deliver(conversation_id=conversation.pk)
    grow_old(graph_server, DAY)
    reconnect(graph_server)
    sweep()
    assert graph_server.texts() == []
    assert fates() == [("failed", "window_closed")] * 2
    conversation.refresh_from_db()
    assert conversation.needs_a_look


def test_a_token_that_dies_under_many_threads_loses_none_of_them(
    instagram_channel: Channel, owner: User, graph_server: GraphServer
) -> None:
    """Several workers meet the dead token at once; each thread's words go out once, in order."""
    threads = [
        customer_says(instagram_channel, "Hello", name=f"{META_CUSTOMER}{number}")
        for number in range(6)
    ]
    for thread in threads:
        graph_server.heard_from(thread.external_id)
        say(thread, owner, "One", "Two")
    graph_server.accounts[INSTAGRAM_TOKEN].expires_at = time.time() - 1

    def work(conversation_id: str) -> None:
        try:
            deliver(conversation_id=conversation_id)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=(thread.pk,)) for thread in threads]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert {state for state, _ in fates()} == {"queued"}

    reconnect(graph_server)
    sweep()
    assert [graph_server.texts(thread.external_id) for thread in threads] == [["One", "Two"]] * 6
    assert fates() == [("sent", "")] * 12


def test_a_reconnect_while_the_old_token_is_being_refused_is_not_undone(
    conversation: Conversation, owner: User, graph_server: GraphServer
) -> None:
    say(conversation, owner, "One")
    graph_server.accounts[INSTAGRAM_TOKEN].expires_at = time.time() - 1
    graph_server.latency = 0.5

    def send() -> None:
        try:
            deliver(conversation_id=conversation.pk)
        finally:
            connection.close()

    sender = threading.Thread(target=send)
    sender.start()
    while not graph_server.calls:
        time.sleep(0.01)
    channel = Channel.objects.get()
    channel.secrets = {**channel.secrets, "token": "IGfresh-token"}
    channel.health = Channel.Health.OK
    graph_server.add_account(INSTAGRAM_ID, "IGfresh-token")
    channel.save()
    sender.join(20)
    assert Channel.objects.get().health == "ok"
    assert graph_server.texts() == ["One"]
