"""What a Telegram message is made of: its files, what it answers, where it came from."""

from typing import Any

from core.lib.decoding import clean_text
from messaging.adapters.base import Unreadable
from messaging.adapters.telegram_fields import (
    Fields,
    clean_of,
    integer_of,
    name_of,
    number_of,
    object_of,
    text_of,
    words_of,
)
from messaging.types import Attachment, Content

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
LONGEST_QUOTE = 500


def read_content(message: Fields) -> tuple[Content | None, tuple[Attachment, ...]]:
    """The kind of content and its attachments; None when nobody said anything."""
    for name, content in FILES:
        if name in message:
            return content, (_file(message, name, content),)
    if "venue" in message or "location" in message:
        return Content.LOCATION, (_place(message),)
    if "contact" in message:
        return Content.CONTACT, (_contact(object_of(message, "contact")),)
    for name in OTHERS:
        if name in message:
            return Content.OTHER, (Attachment(kind=Content.OTHER, name=name),)
    return (Content.TEXT if "text" in message else None), ()


def details_of(message: Fields) -> dict[str, Any]:
    """`reply_to`, `forwarded_from` and `album`, those that there are."""
    details: dict[str, Any] = {}
    if reply := _reply_to(message):
        details["reply_to"] = reply
    if "forward_origin" in message:
        details["forwarded_from"] = _origin(object_of(message, "forward_origin"))
    if album := clean_of(message, "media_group_id", 64):
        details["album"] = album
    return details


def reply_of(message: Fields, words: str = "") -> dict[str, str]:
    """A message as the one that is answered; `words` are the part of it that was marked."""
    said = clean_text(words or words_of(message))[:LONGEST_QUOTE]
    answered = str(integer_of(message, "message_id"))
    return {"kind": "message", "external_id": answered, "text": said}


def is_topic_start(message: Fields) -> bool:
    """Whatever is said in a topic of a group comes as a reply to the note that opened it."""
    return "forum_topic_created" in message


def _reply_to(message: Fields) -> dict[str, str]:
    quote = text_of(object_of(message, "quote"), "text") if "quote" in message else ""
    if "reply_to_message" in message:
        answered = object_of(message, "reply_to_message")
        return {} if is_topic_start(answered) else reply_of(answered, quote)
    if "reply_to_story" in message:
        return _story(object_of(message, "reply_to_story"))
    if "external_reply" in message:  # a message of another chat, which we can't know
        said = clean_text(quote)[:LONGEST_QUOTE]
        return {"kind": "message", "external_id": "", "text": said}
    return {}


def _story(story: Fields) -> dict[str, str]:
    number = str(integer_of(story, "id"))
    owner = clean_of(object_of(story, "chat"), "username", 64)
    url = f"https://t.me/{owner}/s/{number}" if owner else ""
    return {"kind": "story", "external_id": number, "text": "", "url": url}


def _origin(origin: Fields) -> str:
    """Who wrote what was forwarded; a hidden person left a name only."""
    if hidden := clean_of(origin, "sender_user_name", 200):
        return hidden
    for name in ("sender_user", "sender_chat", "chat"):
        if name in origin:
            return name_of(object_of(origin, name)) or "someone"
    return "someone"


def _file(message: Fields, name: str, content: Content) -> Attachment:
    file = _largest(message, name) if name == "photo" else object_of(message, name)
    about = {key: file[key] for key in ABOUT_FILES if isinstance(file.get(key), (int, str))}
    return Attachment(
        kind=content,
        ref=clean_text(text_of(file, "file_id")),
        name=clean_of(file, "file_name", 255),
        mime=clean_of(file, "mime_type", 120),
        size=integer_of(file, "file_size") if "file_size" in file else None,
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
    venue = object_of(message, "venue") if "venue" in message else {}
    place = object_of(venue or message, "location")
    spot = {axis: number_of(place, axis) for axis in ("latitude", "longitude")}
    name = ", ".join(part for key in ("title", "address") if (part := text_of(venue, key)))
    return Attachment(kind=Content.LOCATION, name=clean_text(name)[:255], details=spot)


def _contact(contact: Fields) -> Attachment:
    details = {"phone_number": clean_of(contact, "phone_number", 64)}
    return Attachment(kind=Content.CONTACT, name=name_of(contact), details=details)
