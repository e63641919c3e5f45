"""Telegram Business: a bot that answers in the chats of a person's own account.

core.telegram.org/bots/api#businessconnection; who wrote is told by `from` alone.
"""

from collections.abc import Mapping
from dataclasses import replace

from messaging.adapters.base import Unreadable
from messaging.adapters.telegram_events import Reading, business_thread
from messaging.adapters.telegram_fields import (
    Fields,
    boolean_of,
    handle_of,
    integer_of,
    name_of,
    object_of,
    text_of,
)
from messaging.types import EventKind, InboundMessage

BY_A_BOT = "written by a bot"
BY_THE_CLOCK = "sent by Telegram itself: a greeting, an away or a scheduled message"


def read_connection(connection: Fields, at: Reading) -> list[InboundMessage]:
    """A person connected the bot to the own account, changed its rights or ended it."""
    user = object_of(connection, "user")
    now = {
        "id": handle_of(connection, "id"),
        "user_id": str(integer_of(user, "id")),
        "can_reply": _may_reply(connection),
        "is_enabled": boolean_of(connection, "is_enabled"),
        "name": name_of(user),
    }
    kind = EventKind.CONNECTION
    return [InboundMessage(kind=kind, dedupe_key=at.key, details={"connection": now})]


def read_message(message: Fields, at: Reading) -> list[InboundMessage]:
    """The customer's words, or the owner's as an echo."""
    if reason := _why_not(message):
        return [at.ignored(reason)]
    chat = object_of(message, "chat")
    if not _by_customer(message):
        echo = at.message(EventKind.ECHO, message, chat, wants_answer=False)
        automatic = message.get("is_from_offline") is True
        return [at.ignored(BY_THE_CLOCK) if automatic else echo]
    wanted = may_answer(at, handle_of(message, "business_connection_id"))
    person = object_of(message, "from")
    return [at.message(EventKind.MESSAGE, message, person, wants_answer=wanted)]


def read_edit(message: Fields, at: Reading) -> list[InboundMessage]:
    if reason := _why_not(message):
        return [at.ignored(reason)]
    if not _by_customer(message):
        return [at.ignored("our own side changed its words")]
    return [at.message(EventKind.EDIT, message, object_of(message, "from"))]


def read_deletion(deletion: Fields, at: Reading) -> list[InboundMessage]:
    """One event for each message that was taken back, by either side."""
    connection_id = handle_of(deletion, "business_connection_id")
    chat, numbers = object_of(deletion, "chat"), deletion.get("message_ids")
    if not isinstance(numbers, list):
        raise Unreadable("message_ids is not a list")
    event = InboundMessage(
        kind=EventKind.REDACTED,
        dedupe_key=at.key,
        conversation_key=business_thread(connection_id, integer_of(chat, "id")),
        customer_key=str(integer_of(chat, "id")),
    )
    ids = dict.fromkeys(integer_of({"message_ids": number}, "message_ids") for number in numbers)
    events = [
        replace(event, dedupe_key=f"{at.key}:{number}", external_id=str(number)) for number in ids
    ]
    return events or [at.ignored("no message was named")]


def may_answer(at: Reading, connection_id: str) -> bool:
    """False when the owner ended the connection or took away the right to write."""
    connections = at.account.settings.get("business_connections")
    known = connections.get(connection_id) if isinstance(connections, Mapping) else None
    if not isinstance(known, Mapping):
        return True
    return bool(known.get("is_enabled", True)) and bool(known.get("can_reply", True))


def _may_reply(connection: Fields) -> bool:
    """Since Bot API 9.0 a right among others."""
    rights = connection.get("rights")
    return (rights if isinstance(rights, dict) else connection).get("can_reply") is True


def _why_not(message: Fields) -> str:
    handle_of(message, "business_connection_id")
    if "sender_business_bot" in message:
        return BY_A_BOT
    if text_of(object_of(message, "chat"), "type") != "private":
        return "only private chats come through a business connection"
    return BY_A_BOT if object_of(message, "from").get("is_bot") is True else ""


def _by_customer(message: Fields) -> bool:
    return integer_of(object_of(message, "from"), "id") == integer_of(
        object_of(message, "chat"), "id"
    )
