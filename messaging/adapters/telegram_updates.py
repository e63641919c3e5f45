"""Telegram's updates in our words (Bot API 10.3, core.telegram.org/bots/api)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from core.lib.decoding import clean_text
from messaging.adapters.base import Unreadable
from messaging.types import Attachment, Content, EventKind, InboundMessage

Fields = Mapping[str, Any]

GROUP_ANONYMOUS_BOT = 1087968824
# A GIF comes as `animation` beside a `document`, a venue beside a `location`: the first one counts.
FILES: tuple[tuple[str, Content], ...] = (
    ("photo", Content.PHOTO),
    ("voice", Content.VOICE),
    ("audio", Content.AUDIO),
    ("video", Content.VIDEO),
    ("video_note", Content.VIDEO),
    ("animation", Content.VIDEO),
    ("document", Content.DOCUMENT),
    ("sticker", Content.STICKER),
)
# Things a person can send that are neither words nor a file of theirs.
OTHERS = (
    *("dice", "poll", "game", "story", "checklist", "paid_media", "live_photo", "invoice"),
    *("giveaway", "rich_message"),
)
ABOUT_FILES = ("duration", "width", "height", "emoji", "performer", "title")
IGNORED_KINDS = {
    "callback_query": "buttons are not used yet",
    "business_connection": "business accounts are not connected yet",
    "business_message": "business accounts are not connected yet",
    "edited_business_message": "business accounts are not connected yet",
    "deleted_business_messages": "business accounts are not connected yet",
    "message_reaction": "reactions are not used",
    "message_reaction_count": "reactions are not used",
    "channel_post": "posts of a channel are not for us",
    "edited_channel_post": "posts of a channel are not for us",
}


def parse_update(payload: Any) -> InboundMessage:
    """The one event of an update. Raises Unreadable when its shape is not Telegram's."""
    if not isinstance(payload, dict):
        raise Unreadable("the update is not an object")
    key = f"update:{_integer(payload, 'update_id')}"
    for name, read in READERS.items():
        if name in payload:
            return read(_object(payload, name), key)
    kind = next((name for name in payload if name != "update_id"), "nothing")
    return _ignored(
        key, IGNORED_KINDS.get(kind, f"unknown kind of update: {clean_text(kind)[:60]}")
    )


def _read_message(message: Fields, key: str) -> InboundMessage:
    if reason := _why_not_for_us(message):
        return _ignored(key, reason)
    text = clean_text(_text(message, "text") or _text(message, "caption"))
    content, attachments = _read_content(message)
    if content is None and not text.strip():
        present = ", ".join(sorted(set(message) - {"message_id", "from", "chat", "date"}))
        return _ignored(key, f"neither words nor a file: {clean_text(present)[:120] or 'empty'}")
    return _event(
        EventKind.MESSAGE,
        key,
        message,
        external_id=str(_integer(message, "message_id")),
        text=text,
        content=content or Content.TEXT,
        attachments=attachments,
        is_start=_is_start(text),
    )


def _read_edit(message: Fields, key: str) -> InboundMessage:
    if reason := _why_not_for_us(message):
        return _ignored(key, reason)
    return _event(
        EventKind.EDIT,
        key,
        message,
        external_id=str(_integer(message, "message_id")),
        text=clean_text(_text(message, "text") or _text(message, "caption")),
        content=_read_content(message)[0] or Content.TEXT,
    )


def _read_membership(change: Fields, key: str) -> InboundMessage:
    """In a private chat, whether the customer blocked or unblocked the bot."""
    if _text(_object(change, "chat"), "type") != "private":
        return _ignored(key, "group chats are not answered yet")
    status = _text(_object(change, "new_chat_member"), "status")
    if status == "kicked":
        return _event(EventKind.BLOCKED, key, change)
    if _text(_object(change, "old_chat_member"), "status") == "kicked":
        return _event(EventKind.UNBLOCKED, key, change)
    return _ignored(key, "the bot's membership changed")


READERS: dict[str, Callable[[Fields, str], InboundMessage]] = {
    "message": _read_message,
    "edited_message": _read_edit,
    "my_chat_member": _read_membership,
}


def _event(kind: EventKind, key: str, source: Fields, **fields: Any) -> InboundMessage:
    person = _object(source, "from")
    name = f"{_text(person, 'first_name')} {_text(person, 'last_name')}"
    return InboundMessage(
        kind=kind,
        dedupe_key=key,
        conversation_key=_conversation_key(source),
        customer_key=str(_integer(person, "id")),
        sent_at=_time(source),
        customer_name=clean_text(name).strip()[:200],
        username=clean_text(_text(person, "username"))[:120],
        language=clean_text(_text(person, "language_code"))[:16],
        **fields,
    )


def _ignored(key: str, reason: str) -> InboundMessage:
    return InboundMessage(kind=EventKind.IGNORED, dedupe_key=key, reason=reason)


def _why_not_for_us(message: Fields) -> str:
    chat_type = _text(_object(message, "chat"), "type")
    if chat_type in {"group", "supergroup"}:
        return "group chats are not answered yet"
    if chat_type == "channel":
        return "posts of a channel are not for us"
    if chat_type != "private":
        raise Unreadable("the chat has no type that we know")
    sender = _object(message, "from")
    if sender.get("is_bot") is True or _integer(sender, "id") == GROUP_ANONYMOUS_BOT:
        return "written by a bot"
    return ""


def _conversation_key(source: Fields) -> str:
    """The chat's id; with the topic's where the chat is divided into topics."""
    chat_id = _integer(_object(source, "chat"), "id")
    if source.get("is_topic_message") is True and "message_thread_id" in source:
        return f"{chat_id}:{_integer(source, 'message_thread_id')}"
    return str(chat_id)


def _is_start(text: str) -> bool:
    """/start, with or without the parameter of a deep link or the bot's name."""
    return text.split(maxsplit=1)[:1] == ["/start"] or text.startswith("/start@")


def _read_content(message: Fields) -> tuple[Content | None, tuple[Attachment, ...]]:
    for name, content in FILES:
        if name in message:
            return content, (_file(message, name, content),)
    if "venue" in message or "location" in message:
        return Content.LOCATION, (_place(message),)
    if "contact" in message:
        return Content.CONTACT, (_contact(_object(message, "contact")),)
    for name in OTHERS:
        if name in message:
            return Content.OTHER, (Attachment(kind=Content.OTHER, name=name),)
    return (Content.TEXT if "text" in message else None), ()


def _file(message: Fields, name: str, content: Content) -> Attachment:
    file = _largest(message, name) if name == "photo" else _object(message, name)
    about = {key: file[key] for key in ABOUT_FILES if isinstance(file.get(key), (int, str))}
    return Attachment(
        kind=content,
        ref=_text(file, "file_id"),
        name=clean_text(_text(file, "file_name"))[:255],
        mime=clean_text(_text(file, "mime_type"))[:120],
        size=_integer(file, "file_size") if "file_size" in file else None,
        details={
            key: clean_text(value)[:255] if isinstance(value, str) else value
            for key, value in about.items()
        },
    )


def _largest(message: Fields, name: str) -> Fields:
    """Telegram lists a photo's sizes from small to large."""
    sizes = message[name]
    if not isinstance(sizes, list) or not sizes or not isinstance(sizes[-1], dict):
        raise Unreadable(f"{name} is not a list of sizes")
    return sizes[-1]


def _place(message: Fields) -> Attachment:
    venue = _object(message, "venue") if "venue" in message else {}
    place = _object(venue or message, "location")
    spot = {axis: _number(place, axis) for axis in ("latitude", "longitude")}
    name = ", ".join(part for key in ("title", "address") if (part := _text(venue, key)))
    return Attachment(kind=Content.LOCATION, name=clean_text(name)[:255], details=spot)


def _contact(contact: Fields) -> Attachment:
    name = f"{_text(contact, 'first_name')} {_text(contact, 'last_name')}".strip()
    details = {"phone_number": clean_text(_text(contact, "phone_number"))[:64]}
    return Attachment(kind=Content.CONTACT, name=clean_text(name)[:255], details=details)


def _object(fields: Fields, name: str) -> dict[str, Any]:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is not an object")
    return value


def _integer(fields: Fields, name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable(f"{name} is not a whole number")
    return value


def _number(fields: Fields, name: str) -> float:
    value = fields.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Unreadable(f"{name} is not a number")
    return value


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    return value


def _time(source: Fields) -> datetime | None:
    if "date" not in source:
        return None
    try:
        return datetime.fromtimestamp(_integer(source, "date"), UTC)
    except (OverflowError, ValueError, OSError):
        raise Unreadable("date is not a time") from None
