"""Echoes against the send that caused them, and a person's words against a running AI answer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from AI_model.replies.run import answer
from AI_model.testing.model_server import ModelServer
from messaging.models import Channel, Conversation, InboundEvent, Message
from messaging.services.delivery import deliver
from messaging.testing.fixtures import META_CUSTOMER
from messaging.testing.graph_server import GraphServer
from messaging.tests.test_echoes import echo, grace_is_over, post, queued_answer, receive
from messaging.tests.test_receive import said

pytestmark = pytest.mark.django_db(transaction=True)

TRIALS = 40


@pytest.fixture(autouse=True)
def no_pace(settings: Settings) -> None:
    settings.INSTAGRAM_SENDS_PER_SECOND = 10_000
    settings.REPLY_QUIET_PERIOD_MS = 0


@pytest.fixture
def conversation(owner: User, instagram_channel: Channel, graph_server: GraphServer) -> Any:
    receive(instagram_channel, said("Do you ship?", thread=META_CUSTOMER))
    return Conversation.objects.get()


class ToldBack:
    """The platform tells us of our sends; `fates` is what our webhook said."""

    def __init__(self, server: GraphServer, when: str) -> None:
        self.fates: list[str] = []
        self.done = threading.Event()
        server.echo, server.echo_when = self.tell, when

    def tell(self, body: Any) -> None:
        try:
            self.fates.append(post(body).json()["status"])
        finally:
            connection.close()
            self.done.set()


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_echo_may_come_before_or_after_the_sends_own_answer(
    conversation: Conversation, graph_server: GraphServer, when: str
) -> None:
    told = ToldBack(graph_server, when)
    message = queued_answer(conversation)
    deliver(conversation_id=conversation.pk)
    assert told.done.wait(10)
    grace_is_over()

    message.refresh_from_db()
    assert set(told.fates) <= ({"waiting"} if when == "before" else {"waiting", "ignored"})
    assert message.delivery == "sent"
    assert InboundEvent.objects.get(dedupe_key__contains="echo").reason == "our own send"
    assert Message.objects.filter(type="support").count() == 0
    assert Conversation.objects.get().status == "active"


class Killed(BaseException):
    """The sender's process ends here."""


@contextmanager
def killed_after_the_send(server: GraphServer) -> Iterator[None]:
    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if server.sent():
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper), pytest.raises(Killed):
        yield


def test_the_echo_of_a_send_whose_sender_was_killed_proves_it_sent(
    conversation: Conversation, graph_server: GraphServer
) -> None:
    message = queued_answer(conversation)
    with killed_after_the_send(graph_server):
        deliver(conversation_id=conversation.pk)
    [call] = graph_server.sent()

    assert post(graph_server.echo_of(call)).json()["status"] == "waiting"
    grace_is_over()

    message.refresh_from_db()
    after = Conversation.objects.get()
    assert (message.delivery, message.external_id) == ("sent", call.message_id)
    assert (after.needs_a_look, after.status) == (False, "active")
    deliver(conversation_id=conversation.pk)
    assert len(graph_server.sent()) == 1


def test_an_echo_that_comes_after_the_lane_lapsed_settles_at_once(
    conversation: Conversation, graph_server: GraphServer
) -> None:
    message = queued_answer(conversation)
    with killed_after_the_send(graph_server):
        deliver(conversation_id=conversation.pk)
    Conversation.objects.update(lane_until=timezone.now() - timedelta(seconds=1))

    [call] = graph_server.sent()
    post(graph_server.echo_of(call))

    message.refresh_from_db()
    assert message.delivery == "sent"


def test_a_send_that_its_echo_proved_stays_proved_though_its_answer_is_lost(
    conversation: Conversation, graph_server: GraphServer
) -> None:
    """The echo's grace ends while the platform still keeps the sender waiting."""

    def tell(body: Any) -> None:
        try:
            post(body)
            grace_is_over()
        finally:
            connection.close()

    graph_server.echo, graph_server.echo_when = tell, "before"
    graph_server.plan("trouble_but_taken")
    message = queued_answer(conversation)
    deliver(conversation_id=conversation.pk)

    message.refresh_from_db()
    assert message.delivery == "sent"
    assert Conversation.objects.get().needs_a_look is False


class Person:
    """Answers once in the Instagram app, from a thread of its own."""

    def __init__(self, channel: Channel, number: int) -> None:
        self.channel, self.number = channel, number
        self.fate = ""
        self.sent_before: list[str] = []
        self.thread: threading.Thread | None = None

    def write(self, server: GraphServer, *, patience: float) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=self._write, args=(server,))
            self.thread.start()
            self.thread.join(patience)

    def _write(self, server: GraphServer) -> None:
        words = echo("I'll take it from here", f"app-{self.number}", thread=self.key)
        try:
            self.fate = receive(self.channel, words)[0].fate
            self.sent_before = server.texts(self.key)
        finally:
            connection.close()

    @property
    def key(self) -> str:
        return f"7{self.number:08d}"


def run_with(person: Person, server: GraphServer, point: int) -> int:
    """Answer and deliver while the person writes before statement number `point`."""
    server.heard_from(person.key)
    receive(person.channel, said("What is it all about?", person.key, thread=person.key))
    conversation = Conversation.objects.get(external_id=person.key)
    count = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        if count == point:
            person.write(server, patience=0.05)
        count += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        answer(conversation_id=conversation.pk)
        deliver(conversation_id=conversation.pk)
    if person.thread is not None:
        person.thread.join()
    return count


def test_the_ai_keeps_silent_after_a_persons_words_wherever_they_fall(
    owner: User, instagram_channel: Channel, graph_server: GraphServer, settings: Settings
) -> None:
    graph_server.echo_when = "never"
    people = [Person(instagram_channel, number) for number in range(TRIALS + 1)]
    with ModelServer() as model:
        for name, value in model.settings("openai").items():
            setattr(settings, name, value)
        statements = run_with(people.pop(), graph_server, -1)
        assert statements > 10 and len(graph_server.sent()) == 1
        for person in people:
            run_with(person, graph_server, person.number % statements)
            if person.fate == "stored":
                assert graph_server.texts(person.key) == person.sent_before
    # A rehearsal may take a statement more than later runs, so that the last point is not met.
    people = [person for person in people if person.thread is not None]
    assert len(people) > TRIALS / 2
    assert {person.fate for person in people} == {"stored", "waiting"}
    grace_is_over()

    assert Conversation.objects.filter(status="support_active").count() == len(people)
    asked = len(graph_server.sent())
    for person in people:
        key = person.key
        receive(instagram_channel, said("Still there?", f"more {key}", thread=key))
        answer(conversation_id=Conversation.objects.get(external_id=key).pk)
    assert len(graph_server.sent()) == asked
