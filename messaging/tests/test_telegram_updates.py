"""What each kind of Telegram update means to us."""

import copy
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lib.decoding import decode_json
from messaging.adapters.base import Unreadable
from messaging.adapters.registry import adapter_for
from messaging.tests.payload_files import payload, payload_names, raw_payload
from messaging.tests.test_telegram_business import (
    CONNECTIONS,
    DELETIONS,
    IGNORED_OF_BUSINESS,
    OF_CUSTOMERS,
    OF_OWNERS,
)
from messaging.tests.test_telegram_groups import ADDRESSED, NOT_FOR_US, OTHER_OF_GROUPS
from messaging.types import ChannelAccount, Content, EventKind, InboundMessage

ACCOUNT = ChannelAccount(
    id="c1",
    kind="telegram",
    external_id="700100200",
    settings={"username": "kite_bikes_bot", "groups": True},
)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "payloads"


def parse_all(update: Any) -> list[InboundMessage]:
    return adapter_for("telegram").parse(ACCOUNT, update)


def parse(update: Any) -> InboundMessage:
    (event,) = parse_all(update)
    return event


# Payload -> content, text, ref of the attachment (None = no attachment).
MESSAGES: dict[str, tuple[Content, str, str | None]] = {
    "text": (Content.TEXT, "Do you repair brakes?", None),
    "text_scripts": (Content.TEXT, "Hej 👋🏽 Привет \u202eمرحبا e\u0301 🇳🇴", None),
    "start": (Content.TEXT, "/start spring_sale", None),
    "other_command": (Content.TEXT, "/help", None),
    "topic": (Content.TEXT, "In a topic", None),
    "photo": (Content.PHOTO, "", "ph-l"),
    "photo_with_words": (Content.PHOTO, "The wheel looks like this", "ph2-l"),
    "voice": (Content.VOICE, "", "vo"),
    "audio": (Content.AUDIO, "", "au"),
    "video": (Content.VIDEO, "", "vi"),
    "video_note": (Content.VIDEO, "", "vn"),
    "animation": (Content.VIDEO, "", "an"),
    "document": (Content.DOCUMENT, "my receipt", "do"),
    "sticker": (Content.STICKER, "", "st"),
    "location": (Content.LOCATION, "", ""),
    "venue": (Content.LOCATION, "", ""),
    "contact": (Content.CONTACT, "", ""),
    "dice": (Content.OTHER, "", ""),
}
WITH_DETAILS: dict[str, dict[str, Any]] = {
    "album_photo": {"album": "140077"},
    "forwarded": {"forwarded_from": "Olof Kite"},
    "forwarded_hidden": {"forwarded_from": "Somebody Else"},
    "forwarded_post": {"forwarded_from": "Kite news"},
    "reply": {
        "reply_to": {"kind": "message", "external_id": "90", "text": "We are open until 18."}
    },
    "reply_to_part": {"reply_to": {"kind": "message", "external_id": "90", "text": "until 18"}},
    "reply_to_story": {
        "reply_to": {
            "kind": "story",
            "external_id": "12",
            "text": "",
            "url": "https://t.me/kite_bikes/s/12",
        }
    },
    "reply_elsewhere": {"reply_to": {"kind": "message", "external_id": "", "text": "A red bell"}},
}
IGNORED = {
    "pinned": "neither words nor a file: pinned_message",
    "future_kind_of_message": "neither words nor a file: hologram",
    "from_a_bot": "written by a bot",
    "channel_post": "posts of a channel are not for us",
    "reaction_count": "reactions without a name are not used",
    "future_update": "unknown kind of update: hologram_call",
}
OTHER_KINDS = {
    "edited": EventKind.EDIT,
    "edited_caption": EventKind.EDIT,
    "blocked": EventKind.BLOCKED,
    "unblocked": EventKind.UNBLOCKED,
}
# Payload -> emoji.
REACTIONS = {"reaction": "👍", "reaction_taken_back": "", "reaction_own_emoji": "❤ custom emoji"}
# Payload -> words, data, thread.
PRESSES = {
    "press": ("Talk to a person", "person", "610022001"),
    "press_of_old": ("hours", "hours", "610022001"),
    "callback_query": ("person", "person", "610022001"),
    "press_in_group": ("Opening hours", "hours", "-1004455667788:31"),
    "press_for_owner": ("Opening hours", "hours", "business:bc-7:610022001"),
}


def test_every_payload_file_is_spoken_for() -> None:
    here = {*MESSAGES, *WITH_DETAILS, *IGNORED, *OTHER_KINDS, *REACTIONS, *PRESSES}
    groups = {*ADDRESSED, *NOT_FOR_US, *OTHER_OF_GROUPS}
    business = {*OF_CUSTOMERS, *OF_OWNERS, *IGNORED_OF_BUSINESS, *CONNECTIONS, *DELETIONS}
    assert set(payload_names()) == here | groups | business | {"press_of_game"}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_private_message_becomes_words_and_attachments(name: str) -> None:
    update, event = payload(name), parse(payload(name))
    content, text, ref = MESSAGES[name]
    assert (event.kind, event.content, event.text) == (EventKind.MESSAGE, content, text)
    assert [attachment.ref for attachment in event.attachments] == ([] if ref is None else [ref])
    assert event.dedupe_key == f"update:{update['update_id']}"
    assert event.external_id == str(update["message"]["message_id"])
    assert event.customer_key == "610022001"
    assert event.conversation_key == ("610022001:31" if name == "topic" else "610022001")
    assert (event.customer_name, event.username) == ("Mia Lindgren", "mia_l")
    assert event.language == "sv"
    assert event.sent_at == datetime.fromtimestamp(update["message"]["date"], UTC)
    assert event.is_start == (name == "start")


@pytest.mark.parametrize("name", IGNORED)
def test_what_we_do_not_use_is_ignored_with_its_reason(name: str) -> None:
    event = parse(payload(name))
    assert (event.kind, event.reason) == (EventKind.IGNORED, IGNORED[name])
    assert event.dedupe_key == f"update:{payload(name)['update_id']}"


@pytest.mark.parametrize("name", OTHER_KINDS)
def test_edits_and_blocks_name_their_thread(name: str) -> None:
    event = parse(payload(name))
    assert event.kind is OTHER_KINDS[name]
    assert (event.conversation_key, event.customer_key) == ("610022001", "610022001")


def test_an_edit_names_the_message_it_changes() -> None:
    event, update = parse(payload("edited")), payload("edited")
    assert event.text == "Do you repair disc brakes?"
    assert event.external_id == str(update["edited_message"]["message_id"])


def test_an_attachment_keeps_what_describes_it() -> None:
    (audio,) = parse(payload("audio")).attachments
    assert (audio.name, audio.mime, audio.size) == ("bell.mp3", "audio/mpeg", 2048)
    assert audio.details == {"duration": 180, "performer": "Kite", "title": "Bell"}
    (place,) = parse(payload("venue")).attachments
    assert place.name == "Kite Bikes, Harbour 4"
    assert place.details == {"latitude": 59.33, "longitude": 18.07}
    (contact,) = parse(payload("contact")).attachments
    assert (contact.name, contact.details) == ("Mia", {"phone_number": "+46700000000"})


def test_control_characters_never_get_through() -> None:
    (document,) = parse(decode_json(raw_payload("document"), allow_nul=True)).attachments
    assert document.name == "receipt.pdf"
    update = payload("text")
    update["message"]["text"] = "a\x00b\x1bc"
    update["message"]["from"]["first_name"] = "M\x00ia" + "x" * 500
    event = parse(update)
    assert event.text == "abc"
    assert event.customer_name == ("Mia" + "x" * 500)[:200]


def test_a_live_location_that_moves_is_no_edit() -> None:
    update = payload("location")
    update["edited_message"] = update.pop("message")
    event = parse(update)
    assert (event.kind, event.reason) == (EventKind.IGNORED, "a live location moved")


def test_words_taken_from_below_a_photo_are_an_edit() -> None:
    update = payload("photo")
    update["edited_message"] = update.pop("message")
    event = parse(update)
    assert (event.kind, event.text, event.content) == (EventKind.EDIT, "", Content.PHOTO)


@pytest.mark.parametrize("text", ["/start", "/start x y", "/start@kite_bikes_bot", "/start\nhello"])
def test_start_is_a_greeting(text: str) -> None:
    update = payload("text")
    update["message"]["text"] = text
    assert parse(update).is_start


@pytest.mark.parametrize("text", ["/started", "start", "/ start", "say /start"])
def test_other_words_are_no_greeting(text: str) -> None:
    update = payload("text")
    update["message"]["text"] = text
    assert not parse(update).is_start


@pytest.mark.parametrize("name", WITH_DETAILS)
def test_a_message_tells_what_it_belongs_to(name: str) -> None:
    event = parse(payload(name))
    assert (event.kind, event.details) == (EventKind.MESSAGE, WITH_DETAILS[name])
    assert event.text == payload(name)["message"].get("text", "Both wheels")


def test_an_answered_text_is_kept_to_a_quote() -> None:
    update = payload("reply")
    update["message"]["reply_to_message"]["text"] = "x\x00" * 2000
    assert parse(update).details["reply_to"]["text"] == "x" * 500


@pytest.mark.parametrize("name", REACTIONS)
def test_a_reaction_names_its_message(name: str) -> None:
    event = parse(payload(name))
    assert (event.kind, event.external_id) == (
        EventKind.REACTION,
        str(payload(name)["message_reaction"]["message_id"]),
    )
    assert (event.conversation_key, event.customer_key) == ("610022001", "610022001")
    assert event.details == {"emoji": REACTIONS[name], "by": "customer"}


@pytest.mark.parametrize("name", PRESSES)
def test_a_pressed_button_speaks_its_label(name: str) -> None:
    event, query = parse(payload(name)), payload(name)["callback_query"]
    words, data, thread = PRESSES[name]
    assert (event.kind, event.text, event.conversation_key) == (EventKind.MESSAGE, words, thread)
    assert (event.details["button"], event.callback) == (data, query["id"])
    assert event.external_id == f"button:{query['id']}"
    assert event.details.get("reply_to", {}).get("external_id") == (
        str(query["message"]["message_id"]) if "message" in query else None
    )


def test_a_button_of_a_game_is_acknowledged_and_no_more() -> None:
    event = parse(payload("press_of_game"))
    assert (event.kind, event.reason) == (EventKind.IGNORED, "the button has no data: a game")
    assert event.callback == "5550123"


def test_no_two_events_share_a_key() -> None:
    events = [event for name in payload_names() for event in parse_all(payload(name))]
    keys = [event.dedupe_key for event in events]
    assert len(set(keys)) == len(keys)
    again = [event for name in payload_names() for event in parse_all(payload(name))]
    assert [event.dedupe_key for event in again] == keys


WRONG_SHAPES: list[tuple[tuple[str, ...], Any]] = [
    (("update_id",), None),
    (("update_id",), "880"),
    (("update_id",), True),
    (("update_id",), 1e23),
    (("message",), None),
    (("message",), [1]),
    (("message", "chat"), "me"),
    (("message", "chat", "id"), None),
    (("message", "chat", "type"), "secret"),
    (("message", "chat", "type"), 7),
    (("message", "from"), None),
    (("message", "from", "id"), "610022001"),
    (("message", "from", "first_name"), ["Mia"]),
    (("message", "message_id"), 1.5),
    (("message", "text"), {"words": 1}),
    (("message", "date"), "now"),
    (("message", "date"), 10**17),
    (("message", "photo"), []),
    (("message", "photo"), "x"),
    (("message", "voice"), {"file_id": 7}),
    (("message", "document"), {"file_id": "x", "file_size": "big"}),
    (("message", "location"), {"latitude": "x", "longitude": 1}),
    (("message", "contact"), 3),
]


@pytest.mark.parametrize(("path", "value"), WRONG_SHAPES)
def test_a_wrong_shape_is_unreadable_with_a_reason(path: tuple[str, ...], value: Any) -> None:
    update = payload("text")
    *way, last = path
    place = update
    for name in way:
        place = place[name]
    place[last] = value
    with pytest.raises(Unreadable) as caught:
        parse(update)
    assert caught.value.reason


@pytest.mark.parametrize("update", [None, [], 1, "text", {}, {"message": {}}])
def test_what_is_no_update_at_all_is_unreadable(update: Any) -> None:
    with pytest.raises(Unreadable):
        parse(update)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def every_path(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [path, *(deep for key, item in inside for deep in every_path(item, (*path, key)))]


@given(st.sampled_from(payload_names()), st.randoms(), JUNK)
def test_junk_anywhere_is_read_or_unreadable_and_nothing_else(
    name: str, random: Any, junk: Any
) -> None:
    update = copy.deepcopy(payload(name))
    path = random.choice(every_path(update)[1:])
    place = update
    for key in path[:-1]:
        place = place[key]
    if random.random() < 0.2:
        del place[path[-1]]
    else:
        place[path[-1]] = junk
    try:
        events = parse_all(update)
    except Unreadable as error:
        assert error.reason
        return
    assert events
    assert len({event.dedupe_key for event in events}) == len(events)
    for event in events:
        assert event.dedupe_key.startswith("update:")
        assert "\\x00" not in repr(event)
        assert len(event.dedupe_key) <= 200
        assert len(event.conversation_key) <= 255
        assert not any(math.isnan(a.size or 0) for a in event.attachments)


# Shared payload -> kinds of its events, where groups are on.
SHARED_KINDS = {
    "business_connection": "connection",
    "business_message_owner": "echo",
    "edited": "edit",
    "group_message_not_addressed": "ignored",
    "group_new_members": "ignored",
    "message_reaction": "reaction",
    "my_chat_member_blocked": "blocked",
    "my_chat_member_unblocked": "unblocked",
    "unknown_update_type": "ignored",
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared payload files are not on this machine")
def test_every_shared_payload_has_its_fate() -> None:
    settings = {"username": "acme_help_bot", "groups": True}
    account = ChannelAccount("c1", "telegram", external_id="7000000001", settings=settings)
    files = sorted(SHARED.glob("telegram_*.json"))
    assert files
    for file in files:
        events = adapter_for("telegram").parse(account, orjson.loads(file.read_bytes()))
        expected = SHARED_KINDS.get(file.stem.removeprefix("telegram_"), "message")
        assert [event.kind.value for event in events] == [expected], file.name
        assert all(event.wants_answer for event in events) or expected == "echo"
