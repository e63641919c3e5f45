"""Every kind of message, as people see it in the thread."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from messaging.inbox.pieces import Piece, grouped_reactions, piece_of, size_words, web_address
from messaging.media.sizes import picture_size
from messaging.models import Channel, Conversation, Message, OutboundChunk
from messaging.testing.files import png
from messaging.tests.inbox_data import customer_says

STORED: dict[str, Any] = {"state": "stored", "media_id": "m1", "size": 2048}
OTHER = "Something this inbox can't show"


def looks(**shown: Any) -> tuple[str, str, str, str]:
    piece = piece_of(shown)
    return piece.look, piece.label, piece.note, piece.url


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({"kind": "photo", "mime": "image/png"}, ("picture", "Photo", "", "/inbox/media/m1/")),
        ({"kind": "video", "mime": "video/mp4"}, ("film", "Video", "", "/inbox/media/m1/")),
        (
            {"kind": "voice", "mime": "audio/ogg", "details": {"duration": 67}},
            ("sound", "Voice note", "1:07", "/inbox/media/m1/"),
        ),
        ({"kind": "audio", "mime": "video/webm"}, ("sound", "Audio", "", "/inbox/media/m1/")),
        (
            {"kind": "document", "mime": "application/pdf", "name": "../bill.pdf"},
            ("file", "bill.pdf", "2 KB", "/inbox/media/m1/"),
        ),
        (
            {"kind": "photo", "mime": "application/octet-stream"},
            ("file", "Photo", "2 KB", "/inbox/media/m1/"),
        ),
        (
            {"kind": "document", "mime": "image/png", "name": "a.png"},
            ("picture", "a.png", "", "/inbox/media/m1/"),
        ),
        (
            {"kind": "sticker", "mime": "application/gzip", "details": {"emoji": "🚲"}},
            ("file", "Sticker 🚲", "2 KB", "/inbox/media/m1/"),
        ),
    ],
)
def test_a_stored_file_is_shown_as_what_it_is(
    shown: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert looks(**STORED, **shown) == expected


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({"kind": "photo", "state": "waiting"}, ("absent", "Photo", "Being fetched", "")),
        (
            {"kind": "document", "name": "a.zip", "state": "refused", "reason": "Too large."},
            ("absent", "a.zip", "Too large.", ""),
        ),
        ({"kind": "voice", "state": "deleted"}, ("absent", "Voice note", "Deleted", "")),
        (
            {"kind": "location", "details": {"latitude": 60.39299, "longitude": 5.32415}},
            (
                "place",
                "Place",
                "60.39299, 5.32415",
                "https://www.openstreetmap.org/?mlat=60.39299&mlon=5.32415#map=16/60.39299/5.32415",
            ),
        ),
        (
            {"kind": "location", "details": {"latitude": "'><b>", "longitude": 1}},
            ("plain", "Place", "", ""),
        ),
        (
            {"kind": "contact", "name": "Jan Haas", "details": {"phone_number": "+47 55"}},
            ("contact", "Jan Haas", "+47 55", ""),
        ),
        (
            {"kind": "post", "details": {"url": "https://example.com/p/1"}},
            ("link", "Post", "", "https://example.com/p/1"),
        ),
        ({"kind": "post", "details": {"url": "javascript:alert(1)"}}, ("plain", "Post", "", "")),
        ({"kind": "other", "name": "dice"}, ("plain", f"{OTHER} (dice)", "", "")),
        ({}, ("plain", OTHER, "", "")),
    ],
)
def test_what_is_no_file_is_shown_too(shown: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert looks(**shown) == expected


@pytest.mark.parametrize(
    ("shown", "caption"),
    [
        ({"kind": "story", "details": {"type": "story_mention"}}, "Mentioned you in a story"),
        ({"kind": "story", "details": {"type": "story"}}, "Shared a story"),
        ({"kind": "post"}, "Shared a post"),
        ({"kind": "photo"}, ""),
    ],
)
def test_what_was_shared_is_said(shown: dict[str, Any], caption: str) -> None:
    assert piece_of(shown).caption == caption


@pytest.mark.parametrize(
    ("kind", "pixels", "room"),
    [
        ("photo", (1280, 960), (320, 240)),
        ("photo", (960, 1280), (240, 320)),
        ("photo", (100, 50), (100, 50)),
        ("photo", (9000, 1), (320, 1)),
        ("sticker", (512, 512), (144, 144)),
        ("photo", (0, 5), (0, 0)),
        ("photo", ("a", None), (0, 0)),
    ],
)
def test_a_picture_gets_its_room_before_it_is_loaded(
    kind: str, pixels: tuple[Any, Any], room: tuple[int, int]
) -> None:
    details = {"width": pixels[0], "height": pixels[1]}
    piece: Piece = piece_of(STORED | {"kind": kind, "mime": "image/png", "details": details})
    assert (piece.width, piece.height) == room


JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x01\xe0\x02\x80" + bytes(12)


@pytest.mark.parametrize(
    ("content", "mime", "size"),
    [
        (png(7, 5), "image/png", (7, 5)),
        (b"GIF89a\x0a\x00\x14\x00", "image/gif", (10, 20)),
        (JPEG, "image/jpeg", (640, 480)),
        (b"RIFF....WEBPVP8X" + bytes(8) + b"\x7f\x02\x00\xdf\x01\x00", "image/webp", (640, 480)),
        (b"RIFF....WEBPVP8 " + bytes(10) + b"\x80\x02\xe0\x01", "image/webp", (640, 480)),
        (b"RIFF....WEBPVP8L" + bytes(5) + b"\x7f\xc2\x77\x00", "image/webp", (640, 480)),
        (b"\x89PNG", "image/png", None),
        (b"\xff\xd8\xff", "image/jpeg", None),
        (png(0, 5), "image/png", None),
        (b"%PDF", "application/pdf", None),
    ],
)
def test_pixels_are_read_from_the_header(
    content: bytes, mime: str, size: tuple[int, int] | None
) -> None:
    assert picture_size(content, mime) == size


def test_sizes_and_reactions_in_words() -> None:
    assert [size_words(n) for n in (None, 5, 2048, 1_500_000)] == ["", "5 bytes", "2 KB", "1.4 MB"]
    assert web_address(" HTTPS://a.example ") == "HTTPS://a.example"
    reactions = [
        {"by": "customer", "emoji": "👍"},
        {"by": "us", "emoji": "👍"},
        {"by": "customer", "emoji": "🎉"},
        {"by": "customer", "emoji": ""},
        "odd",
    ]
    assert grouped_reactions(reactions) == [("👍", 2, "You"), ("🎉", 1, "The customer")]


@pytest.fixture
def desk(agent: User, owner: User) -> Client:
    client = Client()
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def page_with(desk: Client, conversation: Conversation, **changes: Any) -> str:
    Message.objects.filter(conversation=conversation, type="customer").update(**changes)
    return str(desk.get(f"/inbox/{conversation.pk}/").content, "utf-8")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"details": {"forwarded_from": "Cycling club"}}, "Forwarded from Cycling club"),
        ({"details": {"author": "Kari <b>"}}, "Kari &lt;b&gt;"),
        ({"details": {"button": "book"}}, "Pressed the button"),
        ({"details": {"reply_to": {"kind": "story", "url": ""}}}, "Answers your story"),
        ({"details": {"reply_to": {"kind": "message", "text": "Which one?"}}}, "Which one?"),
        ({"details": {"read_as": "The brake squeals"}}, "</b> The brake squeals"),
        ({"reactions": [{"by": "customer", "emoji": "👍"}]}, "👍"),
        ({"edited_at": "2026-11-21T10:00:00Z"}, "Edited"),
        ({"attachments": [{"kind": "photo", **STORED, "mime": "image/png"}]}, "/inbox/media/m1/"),
    ],
)
def test_the_thread_shows_all_of_a_message(
    desk: Client, webchat_channel: Channel, changes: dict[str, Any], words: str
) -> None:
    conversation = customer_says(webchat_channel, "Do you sell helmets?")
    page = page_with(desk, conversation, **changes)
    assert words in page and "Do you sell helmets?" in page


@pytest.mark.django_db
def test_nothing_of_a_message_that_was_taken_back_is_shown(
    desk: Client, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "secret words")
    Conversation.objects.update(last_text="")
    page = page_with(
        desk,
        conversation,
        redacted_at="2026-11-21T10:00:00Z",
        reactions=[{"by": "us", "emoji": "👍"}],
        details={"forwarded_from": "Cycling club", "read_as": "secret sound"},
        attachments=[{"kind": "photo", **STORED, "mime": "image/png"}],
    )
    assert "Taken back by the customer" in page
    for gone in ("secret words", "Cycling club", "secret sound", "/inbox/media/", "👍"):
        assert gone not in page


@pytest.mark.django_db
def test_an_answer_quotes_what_it_answers_though_only_its_id_came(
    desk: Client, webchat_channel: Channel, agent: User
) -> None:
    conversation = customer_says(webchat_channel, "Yes")
    ours = Message.objects.create(
        business=conversation.business,
        conversation=conversation,
        seq=90,
        revision=90,
        type="support",
        text="Shall we book it?",
        external_id="first",
        delivery="sent",
    )
    OutboundChunk.objects.create(
        business=conversation.business,
        conversation=conversation,
        message=ours,
        seq=90,
        number=2,
        text="it?",
        state="sent",
        external_id="second",
    )
    for external_id in ("first", "second"):
        target = {"kind": "message", "external_id": external_id}
        page = page_with(desk, conversation, details={"reply_to": target})
        assert f'href="#m-{ours.pk}"' in page and page.count("Shall we book it?") == 2
