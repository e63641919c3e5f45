"""Telegram Business: the bot in the chats of the owner's own account."""

from datetime import timedelta
from typing import Any

import pytest

from messaging.adapters.base import Unreadable
from messaging.adapters.registry import adapter_for
from messaging.tests.payload_files import payload
from messaging.types import ChannelAccount, Content, EventKind, InboundMessage

THREAD = "business:bc-7:610022001"

# Payload -> kind, words, content.
OF_CUSTOMERS = {
    "business_message": (EventKind.MESSAGE, "Do you deliver?", Content.TEXT),
    "business_photo": (EventKind.MESSAGE, "Like this?", Content.PHOTO),
    "business_edited": (EventKind.EDIT, "Do you deliver on Sundays?", Content.TEXT),
}
OF_OWNERS = {
    "business_owner": ("Yes, on Monday.", Content.TEXT),
    "business_owner_voice": ("", Content.VOICE),
}
IGNORED_OF_BUSINESS = {
    "business_by_bot": "written by a bot",
    "business_by_other_bot": "written by a bot",
    "business_away": "sent by Telegram itself: a greeting, an away or a scheduled message",
    "business_owner_edited": "our own side changed its words",
}
# Payload -> can_reply, is_enabled.
CONNECTIONS = {
    "business_connection": (True, True),
    "business_connection_old": (True, True),
    "business_connection_silent": (False, True),
    "business_connection_ended": (False, False),
}
DELETIONS = {"business_deleted": ["127", "128"], "business_deleted_none": []}


def parse(update: Any, **settings: Any) -> list[InboundMessage]:
    account = ChannelAccount("c1", "telegram", external_id="700100200", settings=settings)
    return adapter_for("telegram").parse(account, update)


@pytest.mark.parametrize("name", OF_CUSTOMERS)
def test_a_customers_words_belong_to_the_connections_thread(name: str) -> None:
    (event,) = parse(payload(name))
    assert (event.kind, event.text, event.content) == OF_CUSTOMERS[name]
    assert (event.conversation_key, event.customer_key) == (THREAD, "610022001")
    assert event.customer_name == "Mia Lindgren"
    assert event.wants_answer


@pytest.mark.parametrize("name", OF_OWNERS)
def test_the_owners_own_words_are_an_echo_in_the_customers_thread(name: str) -> None:
    (event,) = parse(payload(name))
    assert event.kind is EventKind.ECHO
    assert (event.text, event.content) == OF_OWNERS[name]
    assert len(event.attachments) == (name == "business_owner_voice")
    assert (event.conversation_key, event.customer_key) == (THREAD, "610022001")
    assert event.customer_name == "Mia Lindgren"
    assert event.external_id == str(payload(name)["business_message"]["message_id"])


@pytest.mark.parametrize("name", IGNORED_OF_BUSINESS)
def test_what_no_person_says_now_is_ignored(name: str) -> None:
    (event,) = parse(payload(name))
    assert (event.kind, event.reason) == (EventKind.IGNORED, IGNORED_OF_BUSINESS[name])


@pytest.mark.parametrize("name", CONNECTIONS)
def test_a_connection_tells_what_the_bot_may_do(name: str) -> None:
    (event,) = parse(payload(name))
    can_reply, is_enabled = CONNECTIONS[name]
    assert event.kind is EventKind.CONNECTION
    assert event.details["connection"] == {
        "id": "bc-7",
        "user_id": "640011002",
        "can_reply": can_reply,
        "is_enabled": is_enabled,
        "name": "Olof Kite",
    }


@pytest.mark.parametrize("name", DELETIONS)
def test_each_message_that_was_taken_back_is_an_event_of_its_own(name: str) -> None:
    events = parse(payload(name))
    taken_back = [event for event in events if event.kind is EventKind.REDACTED]
    assert [event.external_id for event in taken_back] == DELETIONS[name]
    assert {event.conversation_key for event in taken_back} <= {THREAD}
    assert len({event.dedupe_key for event in events}) == len(events)
    assert taken_back or events[0].reason == "no message was named"


# What the channel knows of connections -> whether the AI is asked.
KNOWN: list[tuple[Any, bool]] = [
    (None, True),
    ({}, True),
    ({"bc-7": {"is_enabled": True, "can_reply": True}}, True),
    ({"bc-7": {"is_enabled": False, "can_reply": True}}, False),
    ({"bc-7": {"is_enabled": True, "can_reply": False}}, False),
    ({"bc-8": {"is_enabled": False, "can_reply": False}}, True),
    ({"bc-7": "odd"}, True),
    (["odd"], True),
]


@pytest.mark.parametrize(("connections", "wanted"), KNOWN)
@pytest.mark.parametrize("name", ["business_message", "press_for_owner"])
def test_where_the_bot_may_not_write_nobody_waits_for_it(
    name: str, connections: Any, wanted: bool
) -> None:
    (event,) = parse(payload(name), business_connections=connections)
    assert (event.kind, event.wants_answer) == (EventKind.MESSAGE, wanted)


def test_a_button_pressed_by_the_owner_is_no_customers_word() -> None:
    update = payload("press_for_owner")
    update["callback_query"]["from"]["id"] = 640011002
    (event,) = parse(update)
    assert (event.kind, event.reason) == (EventKind.IGNORED, "the owner pressed the button")
    assert event.callback


@pytest.mark.parametrize("connection", ["", 7, "x" * 201, "a\x00b", None])
def test_a_connection_without_a_usable_id_is_unreadable(connection: Any) -> None:
    update = payload("business_message")
    update["business_message"]["business_connection_id"] = connection
    with pytest.raises(Unreadable):
        parse(update)


def test_only_the_owners_account_has_a_window() -> None:
    windows = [adapter_for("telegram").window_of(key) for key in (THREAD, "610022001", "-100:31")]
    assert windows == [timedelta(hours=24), None, None]
