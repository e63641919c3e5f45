"""Words of our own account: a send of ours, or a person's in the platform's own app."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from core.lib.sweeping import drain
from messaging.models import Channel, Conversation, InboundEvent, Message, OutboundChunk
from messaging.services.conversations import send_support_message
from messaging.services.delivery import deliver
from messaging.services.echoes import Sent, Whose, whose
from messaging.services.receive import Received, receive_events
from messaging.services.reply import Answer, claim_conversation, commit_answer
from messaging.testing.fixtures import APP_SECRET, INSTAGRAM_ID, META_CUSTOMER
from messaging.testing.graph_server import GraphServer
from messaging.tests.test_receive import said
from messaging.types import EventKind

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LONG_AGO = NOW - timedelta(seconds=61)


def chunk(state: str, text: str = "Hello", mid: str = "", **more: Any) -> Sent:
    return Sent(state, text, mid, **({"begun_at": NOW} | more))


@pytest.mark.parametrize(
    ("chunks", "may_wait", "verdict"),
    [
        ([], True, (Whose.PERSON, -1)),
        ([chunk("sent", mid="m1")], True, (Whose.OURS, 0)),
        ([chunk("sent", "Other words", mid="m1")], False, (Whose.OURS, 0)),
        ([chunk("uncertain", mid="m1")], True, (Whose.SETTLES, 0)),
        ([chunk("sent", mid="m2")], True, (Whose.PERSON, -1)),
        # Something is being sent: the answer with the id may still come.
        ([chunk("sending", held=True)], True, (Whose.WAITS, -1)),
        ([chunk("sending", "Other words", held=True)], True, (Whose.WAITS, -1)),
        ([chunk("uncertain"), chunk("sending", held=True)], True, (Whose.WAITS, -1)),
        # After the grace, or when the sender is gone.
        ([chunk("sending", held=True)], False, (Whose.SETTLES, 0)),
        ([chunk("sending")], True, (Whose.SETTLES, 0)),
        ([chunk("sending", "Other words")], True, (Whose.PERSON, -1)),
        ([chunk("sending", begun_at=LONG_AGO)], True, (Whose.PERSON, -1)),
        # The same words about the same time, where no id is known.
        ([chunk("uncertain")], True, (Whose.SETTLES, 0)),
        ([chunk("uncertain", " Hello\n")], True, (Whose.SETTLES, 0)),
        ([chunk("sent")], True, (Whose.SETTLES, 0)),
        ([chunk("sent", mid="m2"), chunk("uncertain")], True, (Whose.SETTLES, 1)),
        ([chunk("uncertain", begun_at=LONG_AGO)], True, (Whose.PERSON, -1)),
        ([chunk("uncertain", "Other words")], True, (Whose.PERSON, -1)),
        ([chunk("failed")], True, (Whose.PERSON, -1)),
        ([chunk("queued")], True, (Whose.PERSON, -1)),
    ],
)
def test_whose_words_an_echo_is(chunks: list[Sent], may_wait: bool, verdict: object) -> None:
    found = whose(external_id="m1", text="Hello", said_at=NOW, chunks=chunks, may_wait=may_wait)
    assert found == verdict


def test_words_that_are_no_words_prove_nothing() -> None:
    chunks = [chunk("uncertain", "")]
    found = whose(external_id="m1", text="", said_at=NOW, chunks=chunks, may_wait=True)
    assert found == (Whose.PERSON, -1)


@pytest.fixture
def conversation(owner: User, instagram_channel: Channel, graph_server: GraphServer) -> Any:
    """A customer wrote, and the AI is to answer."""
    receive(instagram_channel, said("Do you ship?", thread=META_CUSTOMER))
    return Conversation.objects.get()


def receive(channel: Channel, *events: Any) -> list[Received]:
    return receive_events(channel=channel, events=events, raw=b"{}")


def echo(text: str, mid: str = "app-1", key: str = "", **fields: Any) -> Any:
    values = {"kind": EventKind.ECHO, "external_id": mid, "thread": META_CUSTOMER, **fields}
    return said(text, key or f"echo {mid}", **values)


def post(body: Any) -> Any:
    """As Meta delivers it."""
    raw = orjson.dumps(body)
    signed = hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signed}"}
    return Client().post(
        "/webhooks/instagram/", raw, content_type="application/json", headers=headers
    )


def queued_answer(conversation: Conversation, text: str = "Yes, we do.") -> Message:
    claim = claim_conversation(conversation=conversation)
    assert claim is not None
    committed = commit_answer(claim=claim, answer=Answer(text), despite_newer=False)
    assert committed is not None
    return committed.message


def grace_is_over() -> None:
    InboundEvent.objects.filter(fate="waiting").update(due_at=timezone.now() - timedelta(seconds=3))
    while drain():
        pass


def test_a_persons_words_in_the_app_make_the_conversation_the_peoples(
    conversation: Conversation,
) -> None:
    waiting = queued_answer(conversation)
    ours = {"sender": {"id": INSTAGRAM_ID}, "recipient": {"id": META_CUSTOMER}}
    message = {"mid": "m_app", "text": "I'll look into it", "is_echo": True}
    event = {**ours, "timestamp": int(NOW.timestamp() * 1000), "message": message}
    entry = {"id": INSTAGRAM_ID, "time": 1, "messaging": [event]}

    assert post({"object": "instagram", "entry": [entry]}).status_code == 200

    before, conversation = conversation, Conversation.objects.get()
    words = Message.objects.get(type="support")
    waiting.refresh_from_db()
    assert (words.text, words.delivery, words.author) == ("I'll look into it", "sent", None)
    assert (words.external_id, words.said_at is not None) == ("m_app", True)
    assert (conversation.status, conversation.unread) == ("support_active", 0)
    assert conversation.epoch > before.epoch
    assert conversation.answered_seq == conversation.last_customer_seq
    assert conversation.last_text == "I'll look into it"
    assert Message.objects.get(type="system").text == "Answered in the Instagram app"
    assert (waiting.delivery, (waiting.failure or {})["code"]) == ("failed", "taken_over")
    assert not OutboundChunk.objects.filter(message=words).exists()


def test_further_words_of_the_person_need_no_further_note(conversation: Conversation) -> None:
    channel = conversation.channel
    receive(channel, echo("One", "a1"), echo("Two", "a2"))
    receive(channel, echo("Three", "a3"))
    said_there = Message.objects.filter(type="support").order_by("seq")
    assert list(said_there.values_list("text", flat=True)) == ["One", "Two", "Three"]
    assert Message.objects.filter(type="system").count() == 1


def test_the_same_words_told_twice_are_shown_once(conversation: Conversation) -> None:
    receive(conversation.channel, echo("One", "a1"))
    [again] = receive(conversation.channel, echo("One", "a1", key="another way"))
    assert again.fate == "ignored"
    assert Message.objects.filter(type="support").count() == 1


def test_a_person_may_write_first(owner: User, instagram_channel: Channel) -> None:
    receive(instagram_channel, echo("Welcome to our shop"))
    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.window_from) == ("support_active", None)
    assert (conversation.unread, conversation.last_customer_seq) == (0, 0)
    assert conversation.customer.external_id == META_CUSTOMER


def test_an_owners_own_words_on_telegram_business_count_the_same(
    owner: User, telegram_channel: Channel
) -> None:
    thread = "business:conn:7"
    receive(telegram_channel, said("Hi", thread=thread), echo("I'm here", "55", thread=thread))
    assert Conversation.objects.get().status == "support_active"
    assert Message.objects.get(type="system").text == "Answered in Telegram"


def test_our_own_send_is_told_back_and_nothing_happens(
    conversation: Conversation, graph_server: GraphServer
) -> None:
    queued_answer(conversation)
    graph_server.echo_when = "never"
    deliver(conversation_id=conversation.pk)
    before = Conversation.objects.values().get()

    [call] = graph_server.sent()
    assert post(graph_server.echo_of(call)).json()["status"] == "ignored"

    assert Conversation.objects.values().get() == before
    event = InboundEvent.objects.get(dedupe_key__contains="echo")
    assert (event.fate, event.reason) == ("ignored", "our own send")


def test_a_late_echo_proves_a_send_that_nobody_was_sure_of(
    conversation: Conversation, graph_server: GraphServer
) -> None:
    message = queued_answer(conversation)
    graph_server.plan("trouble_but_taken")
    graph_server.echo_when = "never"
    deliver(conversation_id=conversation.pk)
    message.refresh_from_db()
    conversation.refresh_from_db()
    assert (message.delivery, conversation.needs_a_look) == ("uncertain", True)

    [call] = graph_server.sent()
    post(graph_server.echo_of(call))

    message.refresh_from_db()
    conversation.refresh_from_db()
    assert (message.delivery, message.failure) == ("sent", None)
    assert message.external_id == call.message_id
    assert (conversation.needs_a_look, conversation.status) == (False, "active")
    assert not Message.objects.filter(type="support").exists()
    assert len(graph_server.sent()) == 1


def test_what_else_is_open_still_asks_for_a_look(
    conversation: Conversation, graph_server: GraphServer, owner: User
) -> None:
    graph_server.echo_when = "never"
    graph_server.plan("trouble_but_taken", times=2)
    for text in ("One", "Two"):
        send_support_message(conversation=conversation, user=owner, text=text)
        deliver(conversation_id=conversation.pk)
    first, second = graph_server.sent()
    post(graph_server.echo_of(first))
    assert Conversation.objects.get().needs_a_look is True
    post(graph_server.echo_of(second))
    assert Conversation.objects.get().needs_a_look is False


def test_while_something_is_sent_an_echo_waits_and_is_then_a_persons(
    conversation: Conversation,
) -> None:
    message = queued_answer(conversation)
    sending(message)
    [received] = receive(conversation.channel, echo("I'll do it myself"))
    event = InboundEvent.objects.get(fate="waiting")
    assert received.fate == "waiting" and event.due_at is not None
    assert not Message.objects.filter(type="support").exists()

    OutboundChunk.objects.update(state="sent", external_id="m1")
    grace_is_over()

    decided = InboundEvent.objects.get(pk=event.pk)
    words = Message.objects.get(type="support")
    assert decided.fate == "stored" and decided.held is None and decided.due_at is None
    assert decided.message == words and words.text == "I'll do it myself"
    assert Conversation.objects.get().status == "support_active"


def test_what_waited_may_turn_out_to_be_ours(conversation: Conversation) -> None:
    sending(queued_answer(conversation))
    receive(conversation.channel, echo("Yes, we do.", "m1"))
    OutboundChunk.objects.update(state="sent", external_id="m1")
    grace_is_over()
    assert InboundEvent.objects.get(dedupe_key__contains="echo").reason == "our own send"
    assert Conversation.objects.get().status == "active"


def sending(message: Message) -> None:
    """Its send has begun, and its sender lives."""
    until = timezone.now() + timedelta(seconds=15)
    OutboundChunk.objects.filter(message=message).update(state="sending", begun_at=timezone.now())
    Conversation.objects.update(lane_token="lane", lane_until=until)


def test_many_echoes_of_our_own_sends_cost_no_statements_of_their_own(
    conversation: Conversation, graph_server: GraphServer, owner: User, settings: Settings
) -> None:
    settings.INSTAGRAM_SENDS_PER_SECOND = 10_000
    graph_server.echo_when = "never"
    for number in range(12):
        send_support_message(conversation=conversation, user=owner, text=f"Part {number}")
    deliver(conversation_id=conversation.pk)
    mids = [call.message_id for call in graph_server.sent()]
    assert len(mids) == 12
    echoes = [echo("words", mid) for mid in mids]
    with CaptureQueriesContext(connection) as one:
        receive(conversation.channel, echoes[0])
    with CaptureQueriesContext(connection) as others:
        receive(conversation.channel, *echoes[1:])
    assert len(others) <= len(one)
