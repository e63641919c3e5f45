"""Edits and unsends that come in a POST before the one with their message."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Business, User
from core.lib.sweeping import drain
from messaging.models import Channel, Conversation, InboundEvent, MediaFile, Message
from messaging.services.reply import claim_conversation
from messaging.testing.meta_events import AT, CUSTOMER, envelope, event, message, one_file
from messaging.tests.meta_posts import SECRET, deliver, make_channel

pytestmark = pytest.mark.django_db
TRIALS = 12
LONG = "m_" + "x" * 400


@pytest.fixture(autouse=True)
def app(settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = [SECRET]


@pytest.fixture(params=["instagram", "messenger"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def channel(business: Business, owner: User, kind: str) -> Channel:
    return make_channel(business, kind=kind)


def post(kind: str, *events: Any) -> str:
    answer = deliver(envelope(events, kind), kind=kind)
    assert answer.status_code == 200
    return str(answer.json()["status"])


def said(mid: str = "m_1", text: str = "My card is 4111", **more: Any) -> Any:
    return message(mid, text, **more)


def unsent(mid: str = "m_1", **more: Any) -> Any:
    return message(mid, is_deleted=True, at=AT + 60, **more)


def edited(number: int, text: str, mid: str = "m_1", **more: Any) -> Any:
    body = {"mid": mid, "text": text, "num_edit": number}
    return event(AT + number, message_edit=body, **more)


def raws() -> list[bytes]:
    return [bytes(raw) for raw in InboundEvent.objects.values_list("raw", flat=True)]


def only_message() -> Message:
    return Message.objects.exclude(type="system").get()


@pytest.mark.parametrize("mid", ["m_1", LONG])
def test_an_unsend_that_comes_first_leaves_nothing_of_the_words(
    channel: Channel, kind: str, mid: str
) -> None:
    photo = one_file("image")
    assert post(kind, unsent(mid)) == "waiting"
    assert not Conversation.objects.exists()
    assert post(kind, said(mid, attachments=photo)) == "stored"

    stored, conversation = only_message(), Conversation.objects.get()
    assert (stored.text, stored.attachments) == ("", [])
    assert stored.redacted_at is not None and stored.revision == conversation.revision
    assert (MediaFile.objects.get().state, MediaFile.objects.get().ref) == ("deleted", "")
    assert conversation.last_text == "Message taken back"
    assert not any(b"4111" in raw for raw in raws())
    fates = InboundEvent.objects.values_list("fate", "reason", "message", "held", "due_at")
    told = ("stored", "taken back", stored.pk, None, None)
    assert sorted(fates, key=lambda row: row[1])[1] == told


def test_nobody_answers_a_message_whose_unsend_came_first(channel: Channel, kind: str) -> None:
    post(kind, said("m_0", "Hello"))
    Conversation.objects.update(answered_seq=1, status="active", first_unanswered_at=None)
    post(kind, unsent())
    post(kind, said())

    conversation = Conversation.objects.get()
    assert conversation.answered_seq == conversation.last_customer_seq
    assert conversation.first_unanswered_at is None
    assert claim_conversation(conversation=conversation) is None


def test_in_either_order_the_same_rows_are_left(channel: Channel, kind: str) -> None:
    posts = [said(), edited(1, "My card"), edited(2, "Hi"), said("m_2", "Bye"), unsent("m_2")]
    for item in posts:
        post(kind, item)
    in_order = what_is_left()
    Conversation.objects.all().delete()
    InboundEvent.objects.all().delete()
    for item in [unsent("m_2"), edited(2, "Hi"), edited(1, "My card"), said(), said("m_2", "Bye")]:
        post(kind, item)
    assert (
        what_is_left() == in_order == [("Hi", True, False), ("", False, True), "Message taken back"]
    )


def what_is_left() -> list[Any]:
    messages = Message.objects.order_by("seq")
    told = [(m.text, m.edited_at is not None, m.redacted_at is not None) for m in messages]
    return [*told, Conversation.objects.get().last_text]


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 1, 0), (2, 0, 1), (0, 2, 1), (1, 0, 2)])
def test_the_newest_edit_wins_in_whichever_order_they_come(
    channel: Channel, kind: str, order: Sequence[int]
) -> None:
    items = [said(text="Norwey"), edited(1, "Norwai"), edited(10, "Norway")]
    for place in order:
        post(kind, items[place])
    stored = only_message()
    assert (stored.text, Conversation.objects.get().last_text) == ("Norway", "Norway")
    assert stored.edited_at is not None
    assert not InboundEvent.objects.filter(fate="waiting").exists()


def test_the_words_of_edits_go_too_when_the_unsend_is_among_them(
    channel: Channel, kind: str
) -> None:
    post(kind, edited(1, "My card is 4111 1"))
    post(kind, unsent())
    post(kind, said())
    post(kind, edited(2, "My card is 4111 2"))
    assert only_message().text == ""
    assert not any(b"4111" in raw for raw in raws())
    assert not InboundEvent.objects.exclude(held=None).exists()


def test_a_message_its_edit_and_its_end_in_one_post_leave_no_words(
    channel: Channel, kind: str
) -> None:
    post(kind, said(), edited(1, "My card is 4111 1"), unsent())
    assert only_message().text == "" and not any(b"4111" in raw for raw in raws())


def test_another_customers_or_channels_message_is_not_touched(
    channel: Channel, kind: str, other_business: Business
) -> None:
    make_channel(other_business, account="17840099000000022", kind=kind)
    post(kind, unsent(customer="9901770002"))
    body = envelope([unsent(account="17840099000000022")], kind, account="17840099000000022")
    deliver(body, kind=kind)
    post(kind, said())
    assert only_message().text == "My card is 4111"
    waiting = InboundEvent.objects.filter(fate="waiting")
    assert waiting.exclude(held=None).exclude(due_at=None).count() == 2


def test_a_colleagues_words_in_the_app_may_be_taken_back_before_they_come(
    channel: Channel, kind: str
) -> None:
    post(kind, unsent(ours=True))
    post(kind, said(ours=True))
    stored = only_message()
    assert (stored.type, stored.text, stored.redacted_at is None) == ("support", "", False)


def test_what_never_gets_its_message_stops_waiting(channel: Channel, kind: str) -> None:
    post(kind, unsent())
    waiting = InboundEvent.objects.get()
    assert waiting.due_at is not None and waiting.due_at > timezone.now() + timedelta(hours=35)
    InboundEvent.objects.update(due_at=timezone.now() - timedelta(seconds=3))
    drain()
    waiting.refresh_from_db()
    assert (waiting.fate, waiting.reason) == ("ignored", "about a message that was never stored")
    assert not InboundEvent.objects.exclude(held=None, due_at=None).exists()


def test_looking_for_what_came_early_is_one_statement_a_post(channel: Channel, kind: str) -> None:
    post(kind, said("m_0"))
    post(kind, unsent("m_other"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        post(kind, *(said(f"m_{n}") for n in range(1, 9)))
    looks = [q["sql"] for q in queries if "SELECT" in q["sql"] and "inboundevent" in q["sql"]]
    assert len(looks) == 1
    if connection.vendor == "sqlite":  # PostgreSQL chooses by how much there is
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {looks[0]}")
            assert "event_waiting_of" in str(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("thread_is_known", [True, False])
def test_at_the_same_moment_the_end_is_the_same(
    channel: Channel, kind: str, thread_is_known: bool
) -> None:
    posts = {
        "unsend": lambda who: post(kind, unsent(f"m_{who}", customer=who)),
        "message": lambda who: post(kind, said(f"m_{who}", customer=who)),
        "newer": lambda who: post(kind, edited(2, "New", f"e_{who}", customer=who)),
        "older": lambda who: post(kind, edited(1, "Old", f"e_{who}", customer=who)),
        "edited": lambda who: post(kind, said(f"e_{who}", "First", customer=who)),
    }
    for trial in range(TRIALS):
        who = f"{CUSTOMER}{trial}"
        if thread_is_known:
            post(kind, said(f"m_first_{who}", "Hello", customer=who))
        at_once([partial(act, who) for act in posts.values()])
        told = Message.objects.filter(conversation__external_id=who)
        texts = dict(told.values_list("external_id", "text"))
        assert (texts[f"m_{who}"], texts[f"e_{who}"]) == ("", "New")
    assert not InboundEvent.objects.filter(fate="waiting").exists()
    assert Conversation.objects.count() == TRIALS
    assert not any(b"4111" in raw for raw in raws())


def at_once(acts: Sequence[Callable[[], Any]]) -> None:
    start, faults = threading.Barrier(len(acts)), list[BaseException]()

    def run(act: Callable[[], Any]) -> None:
        start.wait()
        try:
            act()
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
