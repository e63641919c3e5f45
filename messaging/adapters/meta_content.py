"""What a message of Instagram or Messenger is made of, apart from its words."""

from collections.abc import Mapping
from typing import Any

from messaging.adapters.base import Unreadable
from messaging.adapters.meta_fields import (
    Fields,
    address_in,
    as_key,
    list_in,
    part_of,
    short_text,
)
from messaging.types import Attachment, Content

MAX_ATTACHMENTS = 30
CONTENTS = {
    "image": Content.PHOTO,
    "video": Content.VIDEO,
    "audio": Content.VOICE,
    "file": Content.DOCUMENT,
    "share": Content.POST,
    "post": Content.POST,
    "media": Content.POST,
    "ig_post": Content.POST,
    "ig_reel": Content.POST,
    "reel": Content.POST,
    "story": Content.STORY,
    "ig_story": Content.STORY,
    "story_mention": Content.STORY,
    "location": Content.LOCATION,
}
FILES = frozenset({"image", "video", "audio", "file", "story_mention"})
# On Instagram the address of what is shared is that of a file; on Messenger that of a page.
INSTAGRAM_FILES = FILES | {
    *("share", "media", "ig_post", "ig_reel", "reel", "story", "ig_story"),
}
ABOUT = ("ig_post_media_id", "reel_video_id", "sticker_id", "id")
REFERRAL = ("ref", "source", "type", "ad_id", "referer_uri")


def read_attachments(message: Fields, kind: str) -> tuple[Attachment, ...]:
    """The files, posts and places of a message. Raises Unreadable."""
    found = []
    for item in list_in(message, "attachments")[:MAX_ATTACHMENTS]:
        if not isinstance(item, dict) or not isinstance(item.get("type"), str):
            raise Unreadable("an attachment has no type")
        found.append(_attachment(item, item["type"], kind))
    if not found and message.get("is_unsupported") is True:
        found.append(Attachment(kind=Content.OTHER, name="unsupported"))
    return tuple(found)


def is_story_mention(message: Fields) -> bool:
    """Whether the customer named us in a story, which is no question. Asked after reading."""
    types = {item["type"] for item in list_in(message, "attachments")[:MAX_ATTACHMENTS]}
    return types == {"story_mention"}


def read_details(message: Fields) -> dict[str, Any]:
    """What the message answers to, the pressed button, and where the customer came from."""
    details = {
        "reply_to": _replied_to(message.get("reply_to")),
        "button": short_text(message.get("quick_reply"), "payload", 1000),
        "referral": read_referral(message.get("referral")),
    }
    return {name: value for name, value in details.items() if value}


def read_referral(referral: Any) -> dict[str, str]:
    """The link or the ad that led the customer to us; empty when there is none."""
    found = {name: short_text(referral, name) for name in REFERRAL}
    return {name: value for name, value in found.items() if value}


def _replied_to(target: Any) -> dict[str, str]:
    if not isinstance(target, dict):
        return {}
    story = target.get("story")
    if isinstance(story, dict):
        return {"kind": "story", "external_id": as_key(story.get("id")), "url": address_in(story)}
    mid = short_text(target, "mid", 512)
    return {"kind": "message", "external_id": mid} if mid else {}


def _attachment(item: Fields, type_: str, kind: str) -> Attachment:
    payload = part_of(item, "payload") if item.get("payload") is not None else {}
    files = INSTAGRAM_FILES if kind == "instagram" else FILES
    url = address_in(payload) or address_in(item)
    ref = url if type_ in files else ""
    content = CONTENTS.get(type_, Content.OTHER)
    if content is Content.PHOTO and "sticker_id" in payload:
        content = Content.STICKER
    title = short_text(payload, "title") or short_text(item, "title")
    return Attachment(
        kind=content,
        ref=ref,
        name=title or (short_text({"type": type_}, "type", 60) if not ref else ""),
        details=_about(payload, type_, "" if ref else url),
    )


def _about(payload: Fields, type_: str, url: str) -> Mapping[str, Any]:
    about: dict[str, Any] = {"type": short_text({"type": type_}, "type", 60), "url": url}
    about |= {name: short_text(payload, name) for name in ABOUT}
    place = payload.get("coordinates")
    if isinstance(place, dict):
        about |= {"latitude": _degrees(place, "lat"), "longitude": _degrees(place, "long")}
    return {name: value for name, value in about.items() if value not in ("", None)}


def _degrees(place: Fields, name: str) -> float | None:
    value = place.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return value if -180 <= value <= 180 else None
