"""Groups: what is meant for the bot, and whose customer a group is."""

from typing import Any

import pytest

from messaging.adapters.base import Unreadable
from messaging.adapters.registry import adapter_for
from messaging.tests.payload_files import payload
from messaging.types import ChannelAccount, EventKind, InboundMessage

SETTINGS = {"username": "kite_bikes_bot", "groups": True}
KEY = "-1004455667788"
SWITCHED_OFF = "groups are switched off for this channel"
NOT_ADDRESSED = "not addressed to the bot"

# Payload -> words, thread, writer.
ADDRESSED = {
    "group_mention": ("open today?", KEY, "Mia Lindgren"),
    "group_mention_later": ("👋🏽 hello are you open?", KEY, "Mia Lindgren"),
    "group_mention_in_caption": ("is this broken?", KEY, "Mia Lindgren"),
    "group_mention_by_id": ("open today?", KEY, "Mia Lindgren"),
    "group_mention_alone": ("@kite_bikes_bot", KEY, "Mia Lindgren"),
    "group_reply": ("And tomorrow?", KEY, "Mia Lindgren"),
    "group_topic_reply": ("And on Monday?", f"{KEY}:31", "Mia Lindgren"),
    "group_command": ("/hours", KEY, "Mia Lindgren"),
    "group_command_named": ("/hours today", KEY, "Mia Lindgren"),
    "group_anonymous_admin": ("open today?", KEY, "Kite riders"),
}
NOT_FOR_US = {
    "group": NOT_ADDRESSED,  # the bot's name, and no mark of Telegram's on it
    "group_not_addressed": NOT_ADDRESSED,
    "group_members": NOT_ADDRESSED,
    "group_topic_talk": NOT_ADDRESSED,
    "group_reply_to_another": NOT_ADDRESSED,
    "group_mention_of_another": NOT_ADDRESSED,
    "group_command_of_another": NOT_ADDRESSED,
    "group_by_a_bot": "written by a bot",
    "group_post_of_channel": "posts of a channel are not for us",
    "promoted_in_group": "the bot's membership changed",
}
OTHER_OF_GROUPS = {
    "group_edited": EventKind.EDIT,
    "added_to_group": EventKind.UNBLOCKED,
    "removed_from_group": EventKind.BLOCKED,
    "silenced_in_group": EventKind.BLOCKED,
    "reaction_in_group": EventKind.REACTION,
    "group_moved": EventKind.MOVED,
    "group_moved_from": EventKind.MOVED,
}


def parse(update: Any, **settings: Any) -> InboundMessage:
    account = ChannelAccount("c1", "telegram", external_id="700100200", settings=settings)
    (event,) = adapter_for("telegram").parse(account, update)
    return event


@pytest.mark.parametrize("name", ADDRESSED)
def test_what_is_meant_for_the_bot_comes_from_the_group(name: str) -> None:
    event = parse(payload(name), **SETTINGS)
    words, thread, author = ADDRESSED[name]
    assert (event.kind, event.text, event.conversation_key) == (EventKind.MESSAGE, words, thread)
    assert (event.customer_key, event.customer_name, event.language) == (KEY, "Kite riders", "")
    assert event.details["author"] == author
    assert event.wants_answer


@pytest.mark.parametrize("name", NOT_FOR_US)
def test_all_else_in_a_group_is_ignored_with_its_reason(name: str) -> None:
    event = parse(payload(name), **SETTINGS)
    assert (event.kind, event.reason) == (EventKind.IGNORED, NOT_FOR_US[name])


@pytest.mark.parametrize("name", OTHER_OF_GROUPS)
def test_what_happens_in_a_group_names_the_group(name: str) -> None:
    event = parse(payload(name), **SETTINGS)
    assert event.kind is OTHER_OF_GROUPS[name]
    old = event.kind is EventKind.MOVED
    assert event.conversation_key == event.customer_key == ("-400500" if old else KEY)
    assert event.details.get("new_key") == (KEY if old else None)


@pytest.mark.parametrize(
    "name",
    sorted({*ADDRESSED, *NOT_FOR_US, *OTHER_OF_GROUPS} - {"group_moved", "group_moved_from"}),
)
@pytest.mark.parametrize("settings", [{}, {"groups": False}, {"groups": "yes"}])
def test_without_the_switch_nothing_of_a_group_is_taken(
    name: str, settings: dict[str, Any]
) -> None:
    event = parse(payload(name), username="kite_bikes_bot", **settings)
    assert (event.kind, event.reason) == (EventKind.IGNORED, SWITCHED_OFF)


def test_a_button_of_a_group_is_acknowledged_though_groups_are_off() -> None:
    event = parse(payload("press_in_group"))
    assert (event.kind, event.callback) == (EventKind.IGNORED, "5550123")


def test_without_the_bots_name_only_replies_and_commands_are_for_it() -> None:
    assert parse(payload("group_mention"), groups=True).kind is EventKind.IGNORED
    assert parse(payload("group_reply"), groups=True).kind is EventKind.MESSAGE
    assert parse(payload("group_command"), groups=True).kind is EventKind.MESSAGE


# Words, where the mention stands in UTF-16 units, what is left.
MENTIONS = [
    ("hey @kite_bikes_bot is it open", (4, 15), "hey is it open"),
    ("is it open @kite_bikes_bot", (11, 15), "is it open"),
    ("🚲🚲 @kite_bikes_bot: hello", (5, 15), "🚲🚲 : hello"),
    ("@kite_bikes_bot\nfirst\n\nsecond", (0, 15), "first\n\nsecond"),
    ("  @kite_bikes_bot — open?", (2, 15), "open?"),
]


@pytest.mark.parametrize(("words", "span", "left"), MENTIONS)
def test_the_name_is_taken_out_of_the_words(words: str, span: tuple[int, int], left: str) -> None:
    update = payload("group_mention")
    update["message"]["text"] = words
    update["message"]["entities"][0] |= {"offset": span[0], "length": span[1]}
    assert parse(update, **SETTINGS).text == left


@pytest.mark.parametrize(
    "words", ["/ hours", "/hours/x", "see /hours", "/hours@", "/hours@kite_bikes", "hours"]
)
def test_what_only_looks_like_a_command_is_not_for_the_bot(words: str) -> None:
    update = payload("group_command")
    update["message"] |= {"text": words, "entities": []}
    assert parse(update, **SETTINGS).reason == NOT_ADDRESSED


def test_the_note_that_opened_a_topic_is_nothing_that_was_answered() -> None:
    update = payload("group_topic_talk")
    update["message"] |= {"text": "/hours"}
    assert parse(update, **SETTINGS).details == {"author": "Mia Lindgren"}
    answered = parse(payload("group_topic_reply"), **SETTINGS).details["reply_to"]
    assert answered["text"] == "We are open until 18."


def test_a_start_in_a_group_is_a_greeting() -> None:
    update = payload("group_command_named")
    update["message"]["text"] = "/start@kite_bikes_bot"
    event = parse(update, **SETTINGS)
    assert (event.text, event.is_start) == ("/start", True)


@pytest.mark.parametrize(
    "entities",
    [
        "x",
        [1],
        [{"type": "mention", "offset": "0", "length": 1}],
        [{"type": "text_mention", "offset": 0, "length": 1}],
    ],
)
def test_marks_of_a_wrong_shape_are_unreadable(entities: Any) -> None:
    update = payload("group_mention")
    update["message"]["entities"] = entities
    with pytest.raises(Unreadable):
        parse(update, **SETTINGS)
