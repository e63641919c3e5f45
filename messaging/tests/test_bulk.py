"""Many events in one POST: as right as one by one, and in a bounded number of statements."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Business, User
from core.lib.on_commit import bell, hints_held
from messaging.models import Channel, Conversation, InboundEvent, MediaFile, Message
from messaging.services.conversations import close_conversation
from messaging.services.receive import Received, receive_events
from messaging.testing.fixtures import APP_SECRET
from messaging.tests.test_echoes import post
from messaging.tests.test_receive import said
from messaging.types import Attachment, Content, EventKind, InboundMessage

pytestmark = pytest.mark.django_db

EARLIER = timezone.now() - timedelta(hours=2)
HOUR = timedelta(hours=1)


def receive(channel: Channel, *events: InboundMessage) -> list[Received]:
    fresh = Channel.objects.select_related("business").get(pk=channel.pk)
    return receive_events(channel=fresh, events=events, raw=b"the whole POST")


def statements(channel: Channel, *events: InboundMessage) -> int:
    fresh = Channel.objects.select_related("business").get(pk=channel.pk)
    with CaptureQueriesContext(connection) as captured:
        receive_events(channel=fresh, events=events, raw=b"{}")
    return len(captured)


def many(count: int, threads: int, name: str) -> list[InboundMessage]:
    return [said(f"m{n}", f"{name}{n}", thread=f"{name}{n % threads}") for n in range(count)]


def test_new_threads_and_messages_cost_no_statements_of_their_own(
    owner: User, webchat_channel: Channel
) -> None:
    few = statements(webchat_channel, *many(4, 2, "a"))
    assert statements(webchat_channel, *many(40, 40, "b")) <= few
    # Threads that are there already move on with one statement each.
    two = statements(webchat_channel, *many(2, 2, "c"), *many(2, 2, "a")[1:])
    known = [said("again", f"again{n}", thread=f"b{n}") for n in range(40)]
    assert statements(webchat_channel, *known) <= two + 40
    assert Message.objects.count() == 4 + 40 + 3 - 1 + 40


def test_one_more_message_of_a_thread_costs_few_statements(
    owner: User, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("One"))
    # Event, thread, its move, message, quiet period; and the transaction's own two.
    assert statements(webchat_channel, said("Two", "2")) <= 7
    assert statements(webchat_channel, said("Two", "2")) <= 3


def test_messages_of_a_thread_stand_in_the_order_of_writing(
    owner: User, webchat_channel: Channel
) -> None:
    times = {"c": 3, "a": 1, "b": 2}
    events = [
        said(text, text, sent_at=EARLIER + timedelta(minutes=place))
        for text, place in times.items()
    ]
    receive(webchat_channel, *events)

    assert list(Message.objects.order_by("seq").values_list("text", flat=True)) == ["a", "b", "c"]
    conversation = Conversation.objects.get()
    assert (conversation.revision, conversation.unread, conversation.last_text) == (3, 3, "c")
    assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3]


def test_a_post_may_hold_known_new_and_closed_threads(
    owner: User, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("known", "1", thread="known"), said("x", "2", thread="closed"))
    closed = Conversation.objects.get(external_id="closed")
    close_conversation(conversation=closed, user=owner)

    receive(
        webchat_channel,
        *(
            said(f"{thread} {n}", f"{thread}{n}", thread=thread)
            for n in (1, 2)
            for thread in THREADS
        ),
    )

    rows = {row.external_id: row for row in Conversation.objects.all()}
    assert {key: row.status for key, row in rows.items()} == dict.fromkeys(THREADS, "active")
    assert [rows[key].unread for key in THREADS] == [3, 2, 2]
    assert all(row.answered_seq < row.last_customer_seq for row in rows.values())
    assert rows["closed"].context_from_seq == rows["closed"].last_customer_seq - 1


THREADS = ("known", "closed", "new")


def test_an_event_keeps_its_own_part_of_the_post(webchat_channel: Channel, owner: User) -> None:
    receive(webchat_channel, said("One", "1", raw=b"its own part"), said("Two", "2"))
    kept = InboundEvent.objects.values_list("dedupe_key", "raw")
    assert {key: bytes(raw) for key, raw in kept} == {
        "update:1": b"its own part",
        "update:2": b"the whole POST",
    }


def test_an_event_that_its_adapter_could_not_read_is_put_aside(webchat_channel: Channel) -> None:
    reason = "unreadable: it does not say who wrote it"
    [received] = receive(webchat_channel, said("", kind=EventKind.IGNORED, reason=reason))
    assert (received.fate, InboundEvent.objects.get().fate) == ("quarantined", "quarantined")


def test_what_the_database_refuses_is_put_aside_and_holds_up_no_other(
    telegram_channel: Channel, owner: User
) -> None:
    vast = Attachment(kind=Content.PHOTO, ref="f", size=2**70)
    results = receive(
        telegram_channel,
        said("One", "1"),
        said("Vast", "2", attachments=(vast,), raw=b"vast"),
        said("Three", "3"),
    )
    assert [received.fate for received in results] == ["stored", "quarantined", "stored"]
    assert sorted(Message.objects.values_list("text", flat=True)) == ["One", "Three"]
    assert bytes(InboundEvent.objects.get(fate="quarantined").raw) == b"vast"


def test_the_window_opens_with_the_newest_own_words(owner: User, webchat_channel: Channel) -> None:
    receive(
        webchat_channel,
        said("late", "1", sent_at=EARLIER),
        said("early", "2", sent_at=EARLIER - HOUR),
    )
    assert Conversation.objects.get().window_from == EARLIER
    receive(webchat_channel, said("delivered late", "3", sent_at=EARLIER - HOUR))
    assert Conversation.objects.get().window_from == EARLIER

    receive(webchat_channel, said("a clock ahead of ours", "4", sent_at=timezone.now() + HOUR))
    opened = Conversation.objects.get().window_from
    assert opened is not None and timezone.now() - opened < timedelta(minutes=1)


def test_what_wants_no_answer_is_shown_and_makes_none_due(
    owner: User, webchat_channel: Channel
) -> None:
    receive(webchat_channel, said("among themselves", "1", wants_answer=False))
    conversation = Conversation.objects.get()
    assert conversation.answered_seq == conversation.last_customer_seq == 1
    assert (conversation.first_unanswered_at, conversation.unread) == (None, 1)

    receive(webchat_channel, said("a question", "2"))
    receive(webchat_channel, said("among themselves again", "3", wants_answer=False))
    conversation.refresh_from_db()
    assert (conversation.answered_seq, conversation.last_customer_seq) == (1, 3)


def test_of_a_post_only_what_wants_an_answer_is_due(owner: User, webchat_channel: Channel) -> None:
    receive(
        webchat_channel,
        said("chatter", "1", wants_answer=False, sent_at=EARLIER),
        said("a question", "2", sent_at=EARLIER + HOUR),
    )
    conversation = Conversation.objects.get()
    assert (conversation.answered_seq, conversation.last_customer_seq) == (1, 2)


def test_what_is_said_of_a_message_is_kept_with_it(owner: User, webchat_channel: Channel) -> None:
    details: dict[str, Any] = {"reply_to": {"kind": "story", "url": "https://example.com/s"}}
    receive(webchat_channel, said("Nice", details=details))
    assert Message.objects.get().details == details


def test_files_that_came_are_named_and_waited_for(telegram_channel: Channel, owner: User) -> None:
    photo = Attachment(kind=Content.PHOTO, ref="file-1", name="a.jpg", size=12)
    place = Attachment(kind=Content.LOCATION, details={"latitude": 1.5})
    receive(telegram_channel, said("Look", attachments=(place, photo), content=Content.PHOTO))

    media, message = MediaFile.objects.get(), Message.objects.get()
    assert (media.message, media.position, media.ref, media.state) == (
        message,
        1,
        "file-1",
        "waiting",
    )
    assert message.attachments[1]["media_id"] == media.pk
    assert message.attachments[1]["state"] == "waiting"
    assert "media_id" not in message.attachments[0]


def test_files_are_not_waited_for_where_a_channel_has_none(
    webchat_channel: Channel, owner: User
) -> None:
    photo = Attachment(kind=Content.PHOTO, ref="file-1")
    receive(webchat_channel, said("Look", attachments=(photo,)))
    assert not MediaFile.objects.exists()


def test_a_thousand_events_for_twenty_accounts_are_stored_in_few_statements(
    owner: User, business: Business, settings: Settings
) -> None:
    settings.INSTAGRAM_APP_SECRETS = [APP_SECRET]
    accounts = [f"1784140000{number}" for number in range(20)]
    for account in accounts:
        Channel.objects.create(business=business, kind="instagram", external_id=account)
    entries = [
        {"id": account, "time": 1, "messaging": [direct(account, n) for n in range(50)]}
        for account in accounts
    ]
    with CaptureQueriesContext(connection) as captured:
        answer = post({"object": "instagram", "entry": entries})

    assert answer.status_code == 200
    assert Message.objects.count() == Conversation.objects.count() == 1000
    assert not Conversation.objects.exclude(status="active").exists()
    assert len(captured) < 20 * 15
    assert post({"object": "instagram", "entry": entries}).json()["status"] == "duplicate"


def direct(account: str, number: int) -> dict[str, Any]:
    message = {"mid": f"{account}-{number}".ljust(160, "Z"), "text": f"Question {number}"}
    return {
        "sender": {"id": f"99{number}"},
        "recipient": {"id": account},
        "timestamp": int(timezone.now().timestamp() * 1000) + number,
        "message": message,
    }


@pytest.mark.django_db(transaction=True)
def test_what_many_transactions_start_goes_out_after_the_last_of_them(
    owner: User, webchat_channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(bell, "ring", lambda task, *args, countdown=0: rung.append(task.name))
    with hints_held():
        receive(webchat_channel, said("One", "1"))
        receive(webchat_channel, said("Two", "2"))
        assert rung == []
    assert rung == ["AI_model.tasks.answer_conversation"] * 2
    receive(webchat_channel, said("Three", "3"))
    assert len(rung) == 3
