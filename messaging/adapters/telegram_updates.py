"""Telegram's updates in our words (Bot API 10.3, core.telegram.org/bots/api)."""

from collections.abc import Callable
from typing import Any

from core.lib.decoding import clean_text
from messaging.adapters import telegram_business as business
from messaging.adapters.base import Unreadable
from messaging.adapters.telegram_content import reply_of
from messaging.adapters.telegram_events import Reading, as_start
from messaging.adapters.telegram_fields import (
    Fields,
    clean_of,
    handle_of,
    integer_of,
    name_of,
    object_of,
    objects_of,
    text_of,
    time_of,
)
from messaging.adapters.telegram_groups import (
    SWITCHED_OFF,
    groups_on,
    is_group,
    why_not_for_the_bot,
)
from messaging.types import ChannelAccount, EventKind, InboundMessage

POSTS = "posts of a channel are not for us"
IGNORED_KINDS = {
    "message_reaction_count": "reactions without a name are not used",
    "channel_post": POSTS,
    "edited_channel_post": POSTS,
}
# What stands for a reaction that has no emoji of its own.
NAMELESS_REACTIONS = {"paid": "⭐", "custom_emoji": "custom emoji"}


def parse_update(payload: Any, account: ChannelAccount) -> list[InboundMessage]:
    """The events of an update, mostly one. Raises Unreadable when its shape is not Telegram's."""
    if not isinstance(payload, dict):
        raise Unreadable("the update is not an object")
    at = Reading(f"update:{integer_of(payload, 'update_id')}", account)
    for name, read in READERS.items():
        if name in payload:
            return read(object_of(payload, name), at)
    kind = next((name for name in payload if name != "update_id"), "nothing")
    return [at.ignored(IGNORED_KINDS.get(kind, f"unknown kind of update: {clean_text(kind)[:60]}"))]


def _read_message(message: Fields, at: Reading) -> list[InboundMessage]:
    if "migrate_to_chat_id" in message or "migrate_from_chat_id" in message:
        return [_moved(message, at)]
    if reason := _why_not_for_us(message, at):
        return [at.ignored(reason)]
    return [as_start(at.message(EventKind.MESSAGE, message, _sender(message)))]


def _read_edit(message: Fields, at: Reading) -> list[InboundMessage]:
    """In a group too: what was never for us is not there to be changed."""
    if reason := _why_not_here(object_of(message, "chat"), at):
        return [at.ignored(reason)]
    return [at.message(EventKind.EDIT, message, _sender(message))]


def _moved(message: Fields, at: Reading) -> InboundMessage:
    """A group became a supergroup with another id; both of them tell."""
    old = new = integer_of(object_of(message, "chat"), "id")
    if "migrate_to_chat_id" in message:
        new = integer_of(message, "migrate_to_chat_id")
    else:
        old = integer_of(message, "migrate_from_chat_id")
    return InboundMessage(
        kind=EventKind.MOVED,
        dedupe_key=at.key,
        conversation_key=str(old),
        customer_key=str(old),
        sent_at=time_of(message),
        details={"new_key": str(new)},
    )


def _read_membership(change: Fields, at: Reading) -> list[InboundMessage]:
    """Whether the bot can write there: a customer can block it, and a group remove it."""
    chat = object_of(change, "chat")
    if reason := _why_not_here(chat, at):
        return [at.ignored(reason)]
    was, now = (_is_there(object_of(change, f"{age}_chat_member")) for age in ("old", "new"))
    if was == now:
        return [at.ignored("the bot's membership changed")]
    kind = EventKind.UNBLOCKED if now else EventKind.BLOCKED
    person = object_of(change, "from")
    return [at.event(kind, change, chat, person, sent_at=time_of(change))]


def _is_there(member: Fields) -> bool:
    status = text_of(member, "status")
    return status not in {"kicked", "left"} and (
        status != "restricted" or member.get("is_member") is not False
    )


def _read_reaction(reaction: Fields, at: Reading) -> list[InboundMessage]:
    """What a person's reactions to a message are now; none = taken back."""
    chat = object_of(reaction, "chat")
    if reason := _why_not_here(chat, at):
        return [at.ignored(reason)]
    who = object_of(reaction, "actor_chat" if "actor_chat" in reaction else "user")
    emoji = " ".join(_emoji(one) for one in objects_of(reaction, "new_reaction"))
    details = {"emoji": emoji[:64], "by": "customer"}
    if is_group(chat):
        details["author"] = name_of(who)
    return [
        at.event(
            *(EventKind.REACTION, reaction, chat, who),
            external_id=str(integer_of(reaction, "message_id")),
            sent_at=time_of(reaction),
            details=details,
        )
    ]


def _emoji(reaction: Fields) -> str:
    kind = text_of(reaction, "type")
    return clean_of(reaction, "emoji", 16) or NAMELESS_REACTIONS.get(kind, "?")


def _read_press(query: Fields, at: Reading) -> list[InboundMessage]:
    """A pressed button says its label; where its message is gone, its data."""
    callback, person = handle_of(query, "id"), object_of(query, "from")
    message = object_of(query, "message") if query.get("message") is not None else {}
    chat = object_of(message, "chat") if message else {**person, "type": "private"}
    if reason := _why_no_press(query, message, chat, at):
        return [at.ignored(reason, callback=callback)]
    data = clean_of(query, "data", 64)
    details: dict[str, Any] = {"button": data}
    if message:
        details["reply_to"] = reply_of(message)
    if is_group(chat):
        details["author"] = name_of(person)
    press = at.event(
        *(EventKind.MESSAGE, message, chat, person),
        external_id=f"button:{callback}",
        text=_label(message, text_of(query, "data")) or data,
        callback=callback,
        wants_answer=_may_answer(message, at),
        details=details,
    )
    return [press]


def _why_no_press(query: Fields, message: Fields, chat: Fields, at: Reading) -> str:
    if "data" not in query:
        return "the button has no data: a game"
    is_someone = integer_of(object_of(query, "from"), "id") == integer_of(chat, "id")
    if "business_connection_id" in message and not is_someone:
        return "the owner pressed the button"
    return _why_not_here(chat, at)


def _may_answer(message: Fields, at: Reading) -> bool:
    if "business_connection_id" not in message:
        return True
    return business.may_answer(at, handle_of(message, "business_connection_id"))


def _label(message: Fields, data: str) -> str:
    """The words on the button that carries this data."""
    markup = message.get("reply_markup")
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    for row in rows if isinstance(rows, list) else []:
        for button in objects_of({"inline_keyboard": row}, "inline_keyboard"):
            if button.get("callback_data") == data:
                return clean_of(button, "text", 256).strip()
    return ""


READERS: dict[str, Callable[[Fields, Reading], list[InboundMessage]]] = {
    "message": _read_message,
    "edited_message": _read_edit,
    "my_chat_member": _read_membership,
    "callback_query": _read_press,
    "message_reaction": _read_reaction,
    "business_connection": business.read_connection,
    "business_message": business.read_message,
    "edited_business_message": business.read_edit,
    "deleted_business_messages": business.read_deletion,
}


def _sender(message: Fields) -> Fields:
    """Who wrote, as far as a chat needs one: a group's message has the group as its customer."""
    return object_of(message, "from") if "from" in message else object_of(message, "chat")


def _why_not_for_us(message: Fields, at: Reading) -> str:
    chat = object_of(message, "chat")
    if is_group(chat):
        return why_not_for_the_bot(message, at.account)
    if reason := _why_not_here(chat, at):
        return reason
    return "written by a bot" if object_of(message, "from").get("is_bot") is True else ""


def _why_not_here(chat: Fields, at: Reading) -> str:
    """Groups and channels where nothing is for us."""
    kind = text_of(chat, "type")
    if is_group(chat):
        return "" if groups_on(at.account) else SWITCHED_OFF
    if kind == "channel":
        return POSTS
    if kind != "private":
        raise Unreadable("the chat has no type that we know")
    return ""
