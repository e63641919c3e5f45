"""Every event that Meta can deliver has its decided fate."""

import copy
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from messaging.adapters.base import Unreadable
from messaging.adapters.meta_events import parse_envelope
from messaging.testing.meta_events import (
    ACCOUNT,
    AT,
    BODIES,
    CDN,
    CUSTOMER,
    EVENTS,
    FIRST_MID,
    envelope,
    event,
    message,
)
from messaging.types import Content, EventKind, InboundMessage

ANSWER, SHOW, REDACT, REACTION = "answer", "show", "redact", "reaction"
EDIT, ECHO, UNREADABLE = "edit", "echo", "unreadable"

# Event -> fate, or why it is ignored.
FATES_OF_BOTH = {
    "text": ANSWER,
    "text_scripts": ANSWER,
    "image": ANSWER,
    "image_with_words": ANSWER,
    "two_images": ANSWER,
    "sticker": ANSWER,
    "video": ANSWER,
    "audio": ANSWER,
    "file": ANSWER,
    "share": ANSWER,
    "reel": ANSWER,
    "future_attachment": ANSWER,
    "attachment_without_address": ANSWER,
    "inline_reply": ANSWER,
    "quick_reply": ANSWER,
    "ad_referral": ANSWER,
    "postback": ANSWER,
    "get_started": ANSWER,
    "empty": "neither words nor a file",
    "deleted": REDACT,
    "echo_unsent": REDACT,
    "echo": ECHO,
    "echo_with_file": ECHO,
    "self": "the account wrote to itself",
    "react": REACTION,
    "react_by_name": REACTION,
    "unreact": REACTION,
    "our_reaction": REACTION,
    "edit": EDIT,
    "edit_number_as_text": EDIT,
    "edit_without_words": "an edit without its words",
    "our_edit": "our own words were edited in the app",
    "referral": "the customer opened the chat by a link: window_poster",
    "pass_thread": "another app passed the thread on",
    "take_thread": "another app took the thread",
    "request_thread": "another app asks for the thread",
    "future_event": "unknown kind of event: hologram_call",
    "nothing": "unknown kind of event: nothing",
}
FATES = {
    "instagram": FATES_OF_BOTH
    | {
        "ig_post": ANSWER,
        "ig_reel": ANSWER,
        "story": ANSWER,
        "ig_story": ANSWER,
        "story_mention": SHOW,
        "ephemeral": ANSWER,
        "unsupported": ANSWER,
        "story_reply": ANSWER,
        "seen": "the customer has read up to here",
    },
    "messenger": FATES_OF_BOTH
    | {
        "echo_by_app": ECHO,
        "location": ANSWER,
        "link": ANSWER,
        "old_postback": ANSWER,
        "read": "the customer has read up to here",
        "delivery": "our messages have arrived",
        "optin": "the customer agreed to be written to",
        "account_linking": "accounts are not linked",
        "policy": "a notice about the platform's policy: warning, A policy was broken.",
    },
}
FATES_OF_BODIES = {
    "standby": SHOW,
    "list_around_it": ANSWER,
    "dashboard_test": "a test of the app's dashboard",
    "comment": "comments are not answered",
    "flat_comment": "comments are not answered",
    "entry_without_events": UNREADABLE,
}
ALL = [(kind, name) for kind, fates in FATES.items() for name in fates]


def fate_of(event: InboundMessage) -> str:
    if event.kind is EventKind.MESSAGE:
        return ANSWER if event.wants_answer else SHOW
    if event.kind is EventKind.IGNORED:
        return UNREADABLE if event.reason.startswith("unreadable: ") else event.reason
    return {EventKind.REDACTED: REDACT}.get(event.kind, str(event.kind))


def parse(item: Any, kind: str = "instagram", **around: Any) -> InboundMessage:
    (found,) = parse_envelope(envelope([copy.deepcopy(item)], kind, **around), kind=kind)
    return found


def parse_named(name: str, kind: str = "instagram") -> InboundMessage:
    return parse(EVENTS[kind][name], kind)


def test_every_composed_event_is_spoken_for() -> None:
    assert {kind: set(events) for kind, events in EVENTS.items()} == {
        kind: set(fates) for kind, fates in FATES.items()
    }
    assert set(BODIES) == set(FATES_OF_BODIES)


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_event_has_its_fate(kind: str, name: str) -> None:
    found, given = parse_named(name, kind), EVENTS[kind][name]
    assert fate_of(found) == FATES[kind][name]
    assert found.account_key == ACCOUNT
    assert orjson.loads(found.raw) == given
    assert 0 < len(found.dedupe_key) <= 200
    if found.kind is not EventKind.IGNORED:
        assert (found.conversation_key, found.customer_key) == (CUSTOMER, CUSTOMER)
        assert found.sent_at == datetime.fromtimestamp(given["timestamp"] / 1000, UTC)


@pytest.mark.parametrize("name", BODIES)
def test_every_other_shape_of_body_has_its_fate(name: str) -> None:
    (found,) = parse_envelope(copy.deepcopy(BODIES[name]), kind="instagram")
    assert fate_of(found) == FATES_OF_BODIES[name]


def test_no_two_events_share_a_key() -> None:
    for kind, events in EVENTS.items():
        keys = [parse(item, kind).dedupe_key for item in events.values()]
        assert len(keys) == len(set(keys)), kind


def test_a_deletion_an_edit_and_a_reaction_never_hide_the_message_of_their_mid() -> None:
    names = ("text", "deleted", "edit", "edit_number_as_text", "react", "unreact")
    found = [parse_named(name) for name in names]
    assert {event.external_id for event in found} == {FIRST_MID}
    assert len({event.dedupe_key for event in found}) == len(names)


def test_an_empty_message_does_not_hide_the_real_one_that_follows() -> None:
    assert parse(message("m_1")).dedupe_key != parse(message("m_1", "words")).dedupe_key


def test_a_key_is_the_same_in_every_redelivery_whatever_stands_around_it() -> None:
    first = parse(message("m_1", "words"))
    again = parse(message("m_1", "words", at=AT + 5, referral={"ref": "x"}), part="standby")
    assert first.dedupe_key == again.dedupe_key


@pytest.mark.parametrize("mid", ["x" * 160, "x" * 193, "x" * 512, "é" * 10])
def test_a_key_fits_whatever_the_mid(mid: str) -> None:
    found = parse(message(mid, "words"))
    assert (found.external_id, len(found.dedupe_key) <= 200) == (mid, True)
    assert found.dedupe_key.isascii()
    assert found.dedupe_key != parse(message(mid[:-1] + "y", "words")).dedupe_key


# Event -> platform, content, the file that may be fetched, name.
CONTENTS = [
    ("image", "instagram", Content.PHOTO, "image?sig=x", ""),
    ("sticker", "messenger", Content.STICKER, "image?sig=x", ""),
    ("video", "instagram", Content.VIDEO, "video?sig=x", ""),
    ("audio", "instagram", Content.VOICE, "audio?sig=x", ""),
    ("file", "messenger", Content.DOCUMENT, "file?sig=x", ""),
    ("share", "instagram", Content.POST, "share?sig=x", "Copper kettle"),
    ("share", "messenger", Content.POST, None, "Copper kettle"),
    ("reel", "instagram", Content.POST, "reel?sig=x", ""),
    ("reel", "messenger", Content.POST, None, "reel"),
    ("ig_post", "instagram", Content.POST, "ig_post?sig=x", ""),
    ("ig_reel", "instagram", Content.POST, "ig_reel?sig=x", ""),
    ("story", "instagram", Content.STORY, "story?sig=x", ""),
    ("ig_story", "instagram", Content.STORY, "ig_story?sig=x", ""),
    ("story_mention", "instagram", Content.STORY, "story_mention?sig=x", ""),
    ("ephemeral", "instagram", Content.OTHER, None, "ephemeral"),
    ("unsupported", "instagram", Content.OTHER, None, "unsupported"),
    ("future_attachment", "instagram", Content.OTHER, None, "hologram"),
    ("attachment_without_address", "instagram", Content.PHOTO, None, "image"),
    ("location", "messenger", Content.LOCATION, None, "location"),
    ("link", "messenger", Content.OTHER, None, "fallback"),
]


@pytest.mark.parametrize(("name", "kind", "content", "ref", "title"), CONTENTS)
def test_an_attachment_says_what_it_is_and_whether_there_is_a_file(
    name: str, kind: str, content: Content, ref: str | None, title: str
) -> None:
    found = parse_named(name, kind)
    (attachment,) = found.attachments
    assert found.content is attachment.kind is content
    assert attachment.ref == ("" if ref is None else CDN + ref)
    assert attachment.name == title


def test_what_is_no_file_keeps_its_address_and_its_place() -> None:
    assert parse_named("link", "messenger").attachments[0].details["url"].endswith("/kettle")
    place = parse_named("location", "messenger").attachments[0].details
    assert (place["latitude"], place["longitude"]) == (35.9, 14.5)


@pytest.mark.parametrize(
    "url", ["ftp://x/y", "file:///etc/passwd", "javascript:alert(1)", "https://a b", 7, "h" * 3000]
)
def test_an_address_that_is_none_is_not_kept(url: Any) -> None:
    (attachment,) = parse(message("m_1", attachments=[("image", {"url": url})])).attachments
    assert (attachment.ref, "url" in attachment.details) == ("", False)


def test_an_album_is_one_message() -> None:
    found = parse_named("two_images")
    assert [a.kind for a in found.attachments] == [Content.PHOTO, Content.PHOTO]
    assert found.content is Content.PHOTO


def test_a_message_says_what_it_answers_and_where_the_customer_came_from() -> None:
    assert parse_named("inline_reply").details == {
        "reply_to": {"kind": "message", "external_id": FIRST_MID}
    }
    assert parse_named("story_reply").details == {
        "reply_to": {"kind": "story", "external_id": "18077", "url": CDN + "story"}
    }
    assert parse_named("ad_referral").details["referral"] == {
        "ref": "autumn",
        "ad_id": "555",
        "source": "ADS",
        "type": "OPEN_THREAD",
    }


def test_a_button_says_its_title_and_keeps_its_payload() -> None:
    pressed, reply = parse_named("postback"), parse_named("quick_reply")
    assert (pressed.text, pressed.details["button"], pressed.is_start) == (
        "Opening hours",
        "HOURS",
        False,
    )
    assert (reply.text, reply.details["button"]) == ("Track my parcel", "TRACK")
    assert parse_named("get_started").is_start


def test_a_reaction_says_whose_it_is_and_none_when_it_is_taken_back() -> None:
    said = {name: dict(parse_named(name).details) for name in ("react", "unreact", "our_reaction")}
    assert said == {
        "react": {"emoji": "❤", "by": "customer"},
        "unreact": {"emoji": "", "by": "customer"},
        "our_reaction": {"emoji": "👍", "by": "us"},
    }
    assert parse_named("react_by_name").details["emoji"] == "😮"


def test_an_echo_names_the_customer_and_the_app_that_wrote_it() -> None:
    found = parse_named("echo_by_app", "messenger")
    assert (found.conversation_key, found.details) == (CUSTOMER, {"app_id": "263902037430900"})
    unmarked = message("m_1", "words", ours=True)
    del unmarked["message"]["is_echo"]
    assert parse(unmarked).kind is EventKind.ECHO


def test_nothing_of_a_thread_that_another_app_owns_is_answered() -> None:
    for name in ("text", "postback", "image"):
        found = parse(EVENTS["instagram"][name], part="standby")
        assert (found.kind, found.wants_answer) == (EventKind.MESSAGE, False)


def test_events_are_in_the_order_of_their_time() -> None:
    events = [message(f"m_{at}", "words", at=at) for at in (AT + 3, AT + 1, AT + 2)]
    body = {"object": "instagram", "entry": [{"id": ACCOUNT, "messaging": [e]} for e in events]}
    assert [e.external_id for e in parse_envelope(body, kind="instagram")] == [
        f"m_{AT + n}" for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (AT, AT // 1000),
        (str(AT), AT // 1000),
        ("1527459824", 1527459824),
        (AT * 10**6, None),
        (-5, None),
        ("soon", None),
        (None, None),
        (True, None),
    ],
)
def test_a_time_may_be_milliseconds_seconds_or_nonsense(timestamp: Any, expected: Any) -> None:
    item = message("m_1", "words") | {"timestamp": timestamp}
    found = parse(item).sent_at
    assert (found and int(found.timestamp())) == expected


# What the entry says, sender, recipient, is_echo -> account.
ACCOUNTS = [
    (ACCOUNT, CUSTOMER, ACCOUNT, False, ACCOUNT),
    (ACCOUNT, ACCOUNT, CUSTOMER, True, ACCOUNT),
    (None, CUSTOMER, ACCOUNT, False, ACCOUNT),
    (None, ACCOUNT, CUSTOMER, True, ACCOUNT),
    ("5550001", CUSTOMER, ACCOUNT, False, ACCOUNT),
    ("5550001", ACCOUNT, CUSTOMER, True, ACCOUNT),
    (int(ACCOUNT), CUSTOMER, int(ACCOUNT), False, ACCOUNT),
]


@pytest.mark.parametrize(("entry", "sender", "recipient", "echo", "account"), ACCOUNTS)
def test_the_account_is_the_entrys_or_the_side_that_is_ours(
    entry: Any, sender: str, recipient: str, echo: bool, account: str
) -> None:
    item = message("m_1", "words", **({"is_echo": True} if echo else {}))
    item |= {"sender": {"id": sender}, "recipient": {"id": recipient}}
    found = parse(item, account=entry)
    assert (found.account_key, found.customer_key) == (account, CUSTOMER)
    assert found.kind is (EventKind.ECHO if echo else EventKind.MESSAGE)


WRONG_SHAPES: list[tuple[Any, str]] = [
    (7, "what stands in messaging is not an object"),
    (event(message=[]), "message is not an object"),
    (event(message={"text": "no id"}), "mid is not the id of a message"),
    (event(message={"mid": "", "text": "x"}), "mid is not the id of a message"),
    (event(message={"mid": "x" * 513, "text": "x"}), "mid is not the id of a message"),
    (event(message={"mid": "a\x00b", "text": "x"}), "mid is not the id of a message"),
    (event(message={"mid": "m", "text": 7}), "text is not a text"),
    (event(message={"mid": "m", "attachments": {}}), "attachments is not a list"),
    (event(message={"mid": "m", "attachments": [1]}), "an attachment has no type"),
    (event(message={"mid": "m", "attachments": [{"type": 1}]}), "an attachment has no type"),
    (
        event(message={"mid": "m", "attachments": [{"type": "image", "payload": 1}]}),
        "payload is not an object",
    ),
    (event(message={"mid": "m", "text": "x"}) | {"sender": 1}, "whose thread"),
    (event(message={"mid": "m", "text": "x", "is_echo": True}), "not from this account"),
    (event(reaction={"mid": FIRST_MID}), "neither comes nor goes"),
    (event(reaction={"mid": FIRST_MID, "action": ["react"]}), "neither comes nor goes"),
    (event(message_edit={"mid": "m", "text": "x", "num_edit": []}), "num_edit is not a number"),
    (event(postback={"mid": "m"}), "a button without a name"),
    (event(ours=True, postback={"mid": "m", "title": "x"}), "pressed ourselves"),
]


@pytest.mark.parametrize(("item", "reason"), WRONG_SHAPES)
def test_one_unreadable_event_says_so_and_harms_no_other(item: Any, reason: str) -> None:
    good = message("m_good", "words")
    events = parse_envelope(envelope([item, good]), kind="instagram")
    by_fate = {fate_of(event): event for event in events}
    assert set(by_fate) == {UNREADABLE, ANSWER}
    assert reason in by_fate[UNREADABLE].reason
    assert by_fate[UNREADABLE].account_key == ACCOUNT


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        1,
        "text",
        {},
        [[]],
        {"object": "instagram"},
        {"object": "instagram", "entry": {}},
        {"object": "instagram", "entry": []},
        {"object": "page", "entry": [{"id": ACCOUNT, "messaging": []}]},
        {"object": ["instagram"], "entry": [{"id": ACCOUNT}]},
    ],
)
def test_a_body_without_any_event_is_unreadable(body: Any) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_envelope(body, kind="instagram")
    assert caught.value.reason


def test_a_broken_neighbour_in_a_list_or_an_entry_harms_no_other() -> None:
    good = envelope([message("m_1", "words")])
    body = [good | {"entry": [7, {"id": ACCOUNT, "messaging": 7}, *good["entry"]]}, 7]
    fates = sorted(fate_of(event) for event in parse_envelope(body, kind="instagram"))
    assert fates == [ANSWER, UNREADABLE, UNREADABLE, UNREADABLE]


def test_control_characters_never_get_through() -> None:
    item = message("m_1", "ke\x00tt\x1ble", reply_to={"mid": "m\x00"}, referral={"ref": "a\x00b"})
    found = parse(item)
    assert found.text == "kettle"
    assert "\x00" not in orjson.dumps(dict(found.details)).decode()
    assert "\\u0000" not in orjson.dumps(dict(found.details)).decode()
