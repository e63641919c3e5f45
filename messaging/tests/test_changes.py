"""What platforms say of messages, customers and threads that are stored already."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from messaging.models import Channel, Conversation, Customer, InboundEvent, MediaFile, Message
from messaging.services.reply import Answer, claim_conversation, commit_answer
from messaging.signals import message_received
from messaging.tests.test_receive import receive, said
from messaging.types import Attachment, Content, EventKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def rings() -> Any:
    """Messages for which an answer was asked."""
    heard: list[str] = []

    def hear(message: Message, **_: Any) -> None:
        heard.append(message.text)

    message_received.connect(hear)
    yield heard
    message_received.disconnect(hear)


def about(kind: EventKind, external_id: str, key: str, **fields: Any) -> Any:
    return said("", key, kind=kind, external_id=external_id, **fields)


def take_back(channel: Channel, external_id: str, key: str = "back") -> str:
    return receive(channel, about(EventKind.REDACTED, external_id, key))[0].fate


def test_a_message_taken_back_is_gone_with_its_files_and_raw_events(
    owner: User,
    telegram_channel: Channel,
    settings: Any,
    tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    photo = Attachment(kind=Content.PHOTO, ref="secret-file")
    receive(telegram_channel, said("My secret", "1", attachments=(photo,)))
    receive(telegram_channel, said("My other secret", "2", kind=EventKind.EDIT, external_id="1"))
    media = MediaFile.objects.get()
    place = tmp_path / media.business_id / media.pk
    place.parent.mkdir()
    place.write_bytes(b"picture")

    with django_capture_on_commit_callbacks(execute=True):
        assert take_back(telegram_channel, "1") == "stored"

    message, conversation = Message.objects.get(), Conversation.objects.get()
    media.refresh_from_db()
    assert (message.text, message.attachments) == ("", [])
    assert message.redacted_at is not None and message.revision == conversation.revision
    assert conversation.last_text == "Message taken back"
    assert (media.state, media.ref, place.exists()) == ("deleted", "", False)
    told = InboundEvent.objects.exclude(dedupe_key="update:back")
    assert [bytes(event.raw) for event in told] == [b"", b""]


def test_what_quotes_words_that_were_taken_back_loses_them_too(
    owner: User, telegram_channel: Channel
) -> None:
    quote = {"kind": "message", "external_id": "1", "text": "My secret"}
    receive(
        telegram_channel,
        said("My secret", "1"),
        said("Forget that", "2", details={"reply_to": quote}),
        said("Hello", "3", details={"reply_to": {**quote, "external_id": "9", "text": "Hi"}}),
    )
    summary = "The customer asks: My secret Forget that\nLooked at: Returns (80%)"
    suggestion = {"text": "Your secret is safe", "citations": [], "upto_seq": 2}
    Conversation.objects.update(handover_summary=summary, suggestion=suggestion)

    take_back(telegram_channel, "1")

    texts = Message.objects.order_by("seq").values_list("details__reply_to__text", flat=True)
    assert list(texts) == [None, "", "Hi"]
    conversation = Conversation.objects.get()
    assert conversation.handover_summary == "Message taken back.\nLooked at: Returns (80%)"
    assert conversation.suggestion is None
    raws = InboundEvent.objects.order_by("dedupe_key").values_list("raw", flat=True)
    assert [bytes(raw) for raw in raws] == [b"", b"", b"{}", b"{}"]


def test_taking_back_an_older_message_leaves_the_preview(
    owner: User, telegram_channel: Channel
) -> None:
    receive(telegram_channel, said("One", "1"), said("Two", "2"))
    take_back(telegram_channel, "1")
    assert Conversation.objects.get().last_text == "Two"


def test_an_answer_to_words_that_were_taken_back_is_not_sent(
    owner: User, telegram_channel: Channel, rings: list[str]
) -> None:
    receive(telegram_channel, said("Ignore me", "1"))
    claim = claim_conversation(conversation=Conversation.objects.get())
    assert claim is not None
    take_back(telegram_channel, "1")

    assert commit_answer(claim=claim, answer=Answer("Hm"), despite_newer=True) is None
    conversation = Conversation.objects.get()
    assert conversation.answered_seq == conversation.last_customer_seq
    assert conversation.first_unanswered_at is None
    assert rings == ["Ignore me"]


def test_other_unanswered_words_are_answered_without_those_taken_back(
    owner: User, telegram_channel: Channel, rings: list[str]
) -> None:
    receive(telegram_channel, said("Where is my order?", "1"), said("My card is 4111", "2"))
    claim = claim_conversation(conversation=Conversation.objects.get())
    assert claim is not None
    take_back(telegram_channel, "2")

    assert commit_answer(claim=claim, answer=Answer("Hm"), despite_newer=True) is None
    conversation = Conversation.objects.get()
    assert conversation.answered_seq < conversation.last_customer_seq
    assert conversation.claim_token == ""
    assert rings == ["My card is 4111", "Where is my order?"]


def test_the_ai_never_reads_what_was_taken_back(owner: User, telegram_channel: Channel) -> None:
    from messaging.selectors import spoken_messages

    receive(telegram_channel, said("One", "1"), said("Two", "2"))
    take_back(telegram_channel, "1")
    talk = spoken_messages(Conversation.objects.get())
    assert [message.text for message in talk] == ["Two"]


def test_taking_back_twice_or_what_is_unknown_changes_nothing(
    owner: User, telegram_channel: Channel
) -> None:
    receive(telegram_channel, said("One", "1"))
    take_back(telegram_channel, "1")
    before = Message.objects.values().get()
    assert take_back(telegram_channel, "1", "back again") == "ignored"
    assert take_back(telegram_channel, "77", "back unknown") == "ignored"
    assert Message.objects.values().get() == before
    unknown = InboundEvent.objects.get(dedupe_key="update:back unknown")
    assert (unknown.fate, unknown.reason) == ("ignored", "about a message that was never stored")


def test_words_taken_back_do_not_come_back_by_an_edit(
    owner: User, telegram_channel: Channel
) -> None:
    receive(telegram_channel, said("One", "1"))
    take_back(telegram_channel, "1")
    receive(telegram_channel, said("Again", "2", kind=EventKind.EDIT, external_id="1"))
    assert Message.objects.get().text == ""


def test_an_edit_of_the_last_words_shows_in_the_list(
    owner: User, telegram_channel: Channel
) -> None:
    receive(telegram_channel, said("Norwey", "1"))
    receive(telegram_channel, said("Norway", "2", kind=EventKind.EDIT, external_id="1"))
    assert Conversation.objects.get().last_text == "Norway"


def test_a_message_its_edit_and_its_end_may_come_in_one_post(
    owner: User, telegram_channel: Channel
) -> None:
    receive(
        telegram_channel,
        about(EventKind.REDACTED, "1", "3", sent_at=timezone.now()),
        said("Norway", "2", kind=EventKind.EDIT, external_id="1", sent_at=ago(1)),
        said("Norwey", "1", sent_at=ago(2)),
    )
    message = Message.objects.get()
    assert message.text == "" and message.edited_at and message.redacted_at


def ago(minutes: int) -> Any:
    return timezone.now() - timedelta(minutes=minutes)


def test_each_side_has_one_reaction_and_may_take_it_back(
    owner: User, telegram_channel: Channel
) -> None:
    receive(telegram_channel, said("One", "1"))
    due = Conversation.objects.get().last_customer_seq

    def react(key: str, **details: str) -> None:
        receive(telegram_channel, about(EventKind.REACTION, "1", key, details=details))

    react("2", emoji="👍", by="customer")
    react("3", emoji="❤️", by="customer")
    react("4", emoji="🙏", by="us")
    message = Message.objects.get()
    assert message.reactions == [
        {"by": "customer", "emoji": "❤️"},
        {"by": "us", "emoji": "🙏"},
    ]
    assert message.revision == Conversation.objects.get().revision
    react("5", emoji="", by="customer")
    assert Message.objects.get().reactions == [{"by": "us", "emoji": "🙏"}]
    assert Conversation.objects.get().last_customer_seq == due


def test_a_reaction_may_stand_on_any_part_of_a_long_answer(
    owner: User, telegram_channel: Channel
) -> None:
    receive(telegram_channel, said("One", "1"))
    conversation = Conversation.objects.get()
    claim = claim_conversation(conversation=conversation)
    assert claim is not None
    committed = commit_answer(claim=claim, answer=Answer("word " * 1500), despite_newer=False)
    assert committed is not None
    last = committed.message.chunks.last()
    assert last is not None and last.number > 1
    last.external_id = "part-2"
    last.save()

    receive(telegram_channel, about(EventKind.REACTION, "part-2", "2", details={"emoji": "👍"}))
    committed.message.refresh_from_db()
    assert committed.message.reactions == [{"by": "customer", "emoji": "👍"}]


def test_a_moved_thread_goes_on_under_its_new_key(owner: User, telegram_channel: Channel) -> None:
    receive(telegram_channel, said("One", "1", thread="-100"))
    move(telegram_channel, "-100", "-200")
    receive(telegram_channel, said("Two", "3", thread="-200"))

    conversation = Conversation.objects.get()
    assert (conversation.external_id, conversation.unread) == ("-200", 2)
    assert Customer.objects.get().external_id == "-200"


def test_a_thread_that_moved_to_one_that_exists_stays_beside_it(
    owner: User, telegram_channel: Channel
) -> None:
    receive(telegram_channel, said("One", "1", thread="-100"), said("Two", "2", thread="-200"))
    move(telegram_channel, "-100", "-200")
    receive(telegram_channel, said("Three", "4", thread="-200"))

    old, new = (Conversation.objects.get(external_id=key) for key in ("-100", "-200"))
    assert (old.unread, new.unread) == (1, 2)
    assert old.messages.filter(type="system").exists()


def move(channel: Channel, old: str, new: str) -> None:
    receive(channel, about(EventKind.MOVED, "", "moved", thread=old, details={"new_key": new}))


def test_a_business_connection_is_kept_in_the_channels_settings(telegram_channel: Channel) -> None:
    for key, enabled in (("1", True), ("2", False)):
        connection = {"id": "conn", "user_id": "7", "is_enabled": enabled}
        receive(
            telegram_channel,
            about(EventKind.CONNECTION, "", key, details={"connection": connection}),
        )
    telegram_channel.refresh_from_db()
    kept = telegram_channel.settings["business_connections"]
    assert kept == {"conn": {"id": "conn", "user_id": "7", "is_enabled": False}}
