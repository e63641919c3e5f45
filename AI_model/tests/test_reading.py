"""Pictures and voice notes that are answered like words, where a business wants it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Business, User
from AI_model.breaker import forget_breakers
from AI_model.models import AIModelConfig, UsageRecord
from AI_model.replies.defusing import customer_words
from AI_model.replies.suggest import suggest_reply
from AI_model.testing.chats import settle
from AI_model.testing.model_server import ModelServer
from core.lib.sweeping import drain
from messaging.adapters.base import FileRefused
from messaging.models import Channel, Conversation, Message
from messaging.services.media import delete_media
from messaging.services.receive import receive_events
from messaging.testing.files import FilesAdapter, files_platform, png, wav
from messaging.types import Attachment, Content, EventKind, FetchedFile, InboundMessage
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "Do you ship to Norway?"
ANSWER = "Yes, we do ship there [1]."
PHOTO, VOICE = Content.PHOTO, Content.VOICE


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[ModelServer]:
    """A model that answers, after it was shown something."""
    forget_breakers()
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.REPLY_QUIET_PERIOD_MS = 0
    settings.EMBEDDED_ANSWERS = False
    with files_platform(), ModelServer(text=ANSWER) as running:
        use(settings, running, "gemini")
        yield running


@pytest.fixture
def channel(
    business: Business, owner: User, knowledge: KnowledgeEntry, server: ModelServer
) -> Channel:
    AIModelConfig.objects.update_or_create(business=business, defaults={"read_media": True})
    return Channel.objects.create(business=business, kind="files", name="Files")


def use(settings: Settings, server: ModelServer, *vendors: str) -> None:
    for name, value in server.settings(*vendors).items():
        setattr(settings, name, value)


def send(
    channel: Channel, *files: bytes | FileRefused, kind: Content = PHOTO, text: str = ""
) -> Message:
    """A customer's message with these files."""
    refs = [f"{Message.objects.count()}-{number}" for number in range(len(files))]
    for ref, file in zip(refs, files, strict=True):
        FilesAdapter.files[ref] = [file if isinstance(file, FileRefused) else FetchedFile(file)]
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key=f"{Message.objects.count()}",
        conversation_key="c",
        customer_key="c",
        text=text,
        content=kind,
        attachments=tuple(Attachment(kind=kind, ref=ref) for ref in refs),
    )
    receive_events(channel=channel, events=[event], raw=b"{}")
    return Message.objects.filter(type="customer").latest("seq")


def said() -> list[str]:
    ours = Message.objects.filter(type="AI").order_by("seq")
    return list(ours.values_list("text", flat=True))


def purposes() -> list[tuple[str, str]]:
    return list(UsageRecord.objects.order_by("pk").values_list("purpose", "outcome"))


def shown_files(call: Any) -> int:
    return sum("inlineData" in part for turn in call.body["contents"] for part in turn["parts"])


@pytest.mark.parametrize(
    ("vendor", "kind", "file"),
    [
        ("gemini", PHOTO, png()),
        ("gemini", VOICE, wav()),
        ("openai", PHOTO, png()),
        ("anthropic", PHOTO, png()),
    ],
    ids=["gemini-photo", "gemini-voice", "openai-photo", "anthropic-photo"],
)
def test_what_was_shown_is_answered_like_words(
    channel: Channel,
    server: ModelServer,
    settings: Settings,
    vendor: str,
    kind: Content,
    file: bytes,
) -> None:
    use(settings, server, vendor)
    server.behave(text=WORDS, times=1)
    message = send(channel, file, kind=kind)
    settle()

    message.refresh_from_db()
    assert message.details["read_as"] == WORDS
    assert said() == ["Yes, we do ship there."]
    reading, answering = server.calls
    assert "words" in reading.texts[-1][1]
    assert answering.texts[-1] == ("user", customer_words(WORDS))
    assert [role for role, text in answering.texts if WORDS in text] == ["system", "user"]
    assert purposes() == [("read_media", "ok"), ("answer", "ok")]


def test_without_the_switch_the_customer_is_asked_for_words(
    channel: Channel, server: ModelServer
) -> None:
    AIModelConfig.objects.update(read_media=False)
    send(channel, png())
    settle()
    assert "can't look at pictures" in said()[0]
    assert server.calls == []


def test_a_provider_that_can_not_listen_is_not_asked_to(
    channel: Channel, server: ModelServer, settings: Settings
) -> None:
    use(settings, server, "anthropic")
    send(channel, wav(), kind=VOICE)
    settle()
    assert "can't listen" in said()[0]
    assert server.calls == []


def test_what_can_not_be_made_out_is_asked_for_in_words(
    channel: Channel, server: ModelServer
) -> None:
    server.behave(text="NO_ANSWER")
    message = send(channel, png())
    settle()
    message.refresh_from_db()
    assert "in words" in said()[0] and "read_as" not in message.details
    assert purposes() == [("read_media", "ok")]


def test_a_reader_that_fails_leaves_the_fitting_text(channel: Channel, server: ModelServer) -> None:
    server.behave("bad_key")
    send(channel, png())
    settle()
    assert "can't look at pictures" in said()[0]
    assert purposes() == [("read_media", "key_rejected")]


def test_what_a_picture_says_needs_support_like_words(
    channel: Channel, server: ModelServer
) -> None:
    server.behave(text="What is the weather like on the moon?")
    send(channel, png())
    settle()
    conversation = Conversation.objects.get()
    assert conversation.handover_reason == "no_support"
    assert "weather like on the moon" in conversation.handover_summary


def test_who_asks_for_a_person_by_voice_gets_one(channel: Channel, server: ModelServer) -> None:
    server.behave(text="I want to speak to a person")
    send(channel, wav(), kind=VOICE)
    settle()
    assert Conversation.objects.get().handover_reason == "asked_for_person"


def test_an_answer_waits_for_a_file_that_is_being_fetched(
    channel: Channel, server: ModelServer
) -> None:
    server.behave(text=WORDS, times=1)
    message = send(channel, FileRefused("Busy.", permanent=False))
    drain()
    assert said() == []

    FilesAdapter.files["0-0"] = [FetchedFile(png())]
    message.media.update(due_at=None)
    settle()
    assert said() == ["Yes, we do ship there."]


def test_but_not_for_ever(channel: Channel, server: ModelServer) -> None:
    message = send(channel, FileRefused("Busy.", permanent=False))
    Message.objects.filter(pk=message.pk).update(created_at=timezone.now() - timedelta(seconds=16))
    settle()
    assert "can't look at pictures" in said()[0]


def test_a_file_that_is_refused_is_not_waited_for(channel: Channel, server: ModelServer) -> None:
    send(channel, FileRefused("Gone."))
    settle()
    assert "can't look at pictures" in said()[0]


def test_no_more_than_four_files_are_shown(channel: Channel, server: ModelServer) -> None:
    server.behave(text=WORDS, times=1)
    send(channel, *[png(n + 1) for n in range(6)])
    settle()
    assert shown_files(server.calls[0]) == 4


def test_no_more_than_eight_megabytes_are_shown(channel: Channel, server: ModelServer) -> None:
    server.behave(text=WORDS, times=1)
    large = png() + bytes(5 * 1024 * 1024)
    send(channel, large, large, png())
    settle()
    assert shown_files(server.calls[0]) == 2


def test_words_beside_a_picture_are_read_with_it(channel: Channel, server: ModelServer) -> None:
    server.behave(text="A parcel with a label for Oslo.", times=1)
    send(channel, png(), text="do you ship to norway")
    settle()
    reading, answering = server.calls
    assert "do you ship to norway" in reading.texts[-1][1]
    said = "do you ship to norway\nA parcel with a label for Oslo."
    assert answering.texts[-1][1] == customer_words(said)


def test_nothing_is_read_twice(channel: Channel, server: ModelServer) -> None:
    server.behave(text=WORDS, times=1)
    send(channel, png())
    settle()
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key="more",
        conversation_key="c",
        customer_key="c",
        text="and do you ship to norway",
    )
    receive_events(channel=channel, events=[event], raw=b"{}")
    settle()
    assert [purpose for purpose, _ in purposes()] == ["read_media", "answer", "answer"]
    said = [text for role, text in server.calls[-1].texts if role == "user"]
    assert customer_words(WORDS) in said


def test_a_picture_taken_back_while_it_is_read_leaves_no_words(
    channel: Channel, server: ModelServer
) -> None:
    def take_back(moment: str, call: Any) -> None:
        if moment == "request_read" and len(server.calls) == 1:
            Message.objects.filter(type="customer").update(redacted_at=timezone.now())

    server.behave(text=WORDS, times=1)
    server.hook = take_back
    message = send(channel, png())
    settle()
    message.refresh_from_db()
    assert "read_as" not in message.details
    delete_media(message_ids=[message.pk])


def test_a_suggestion_for_a_person_reads_the_picture_too(
    channel: Channel, server: ModelServer
) -> None:
    AIModelConfig.objects.update(auto_response_enabled=False)
    send(channel, png())
    settle()
    server.behave(text=WORDS, times=1)
    composition = suggest_reply(conversation=Conversation.objects.get())
    assert composition.text == "Yes, we do ship there."
    assert purposes() == [("read_media", "ok"), ("answer", "ok")]
