"""What came with a message, as the thread shows it. Pure: rows in, words and measures out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from messaging.media.kinds import AUDIO, IMAGES, VIDEO
from messaging.media.names import clean_name

Look = Literal["picture", "film", "sound", "file", "place", "contact", "link", "absent", "plain"]
Shown = Mapping[str, Any]

BOX, STICKER_BOX = 320, 144
WORDS = {
    "photo": "Photo",
    "video": "Video",
    "sticker": "Sticker",
    "voice": "Voice note",
    "audio": "Audio",
    "document": "File",
    "location": "Place",
    "contact": "Contact",
    "story": "Story",
    "post": "Post",
    "other": "Something this inbox can't show",
}
ICONS = {
    "photo": "image",
    "video": "image",
    "sticker": "image",
    "story": "image",
    "post": "image",
    "voice": "voice",
    "audio": "voice",
    "location": "place",
    "contact": "person",
}
ABSENT = {
    "waiting": "Being fetched",
    "refused": "Not kept",
    "deleted": "Deleted",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One attachment. `url` is where it is, `note` what else is known of it."""

    look: Look
    icon: str
    label: str
    note: str = ""
    url: str = ""
    caption: str = ""
    state: str = ""
    width: int = 0
    height: int = 0


def piece_of(shown: Shown) -> Piece:
    """How an attachment is shown."""
    kind = str(shown.get("kind") or "other")
    about: Shown = shown.get("details") or {}
    base: dict[str, Any] = {"icon": ICONS.get(kind, "file"), "caption": _caption(kind, about)}
    state = str(shown.get("state") or "")
    if state == "stored":
        return _stored(kind, shown, about, base)
    if state in ABSENT:
        reason = str(shown.get("reason") or ABSENT[state])
        return Piece("absent", label=_label(kind, shown, about), note=reason, state=state, **base)
    if kind == "location" and (spot := _spot(about)):
        return _place(spot, shown, base)
    if kind == "contact":
        number = str(about.get("phone_number") or "")
        return Piece("contact", label=_label(kind, shown, about), note=number, **base)
    if (url := web_address(about.get("url"))) and kind != "location":
        return Piece("link", label=_label(kind, shown, about), url=url, **base)
    return Piece("plain", label=_label(kind, shown, about), **base)


def _stored(kind: str, shown: Shown, about: Shown, base: dict[str, Any]) -> Piece:
    mime, url = str(shown.get("mime") or ""), f"/inbox/media/{shown['media_id']}/"
    label = _label(kind, shown, about)
    if mime in AUDIO or (mime in VIDEO and kind in {"voice", "audio"}):
        return Piece("sound", label=label, note=_length(about), url=url, **base)
    if mime in IMAGES or mime in VIDEO:
        box = STICKER_BOX if kind == "sticker" else BOX
        width, height = _fitted(about, box)
        look: Look = "picture" if mime in IMAGES else "film"
        return Piece(look, label=label, url=url, width=width, height=height, **base)
    return Piece("file", label=label, note=size_words(shown.get("size")), url=url, **base)


def _label(kind: str, shown: Shown, about: Shown) -> str:
    name = clean_name(str(shown.get("name") or ""))
    if kind == "other":
        return f"{WORDS[kind]} ({name})" if name else WORDS[kind]
    emoji = str(about.get("emoji") or "")
    return name or " ".join(part for part in (WORDS.get(kind, "File"), emoji) if part)


def _caption(kind: str, about: Shown) -> str:
    if about.get("type") == "story_mention":
        return "Mentioned you in a story"
    return {"story": "Shared a story", "post": "Shared a post"}.get(kind, "")


def _spot(about: Shown) -> tuple[float, float] | None:
    latitude, longitude = about.get("latitude"), about.get("longitude")
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        return float(latitude), float(longitude)
    return None


def _place(spot: tuple[float, float], shown: Shown, base: dict[str, Any]) -> Piece:
    latitude, longitude = (f"{degrees:.5f}" for degrees in spot)
    marked = urlencode({"mlat": latitude, "mlon": longitude})
    url = f"https://www.openstreetmap.org/?{marked}#map=16/{latitude}/{longitude}"
    label = clean_name(str(shown.get("name") or "")) or WORDS["location"]
    return Piece("place", label=label, note=f"{latitude}, {longitude}", url=url, **base)


def _fitted(about: Shown, box: int) -> tuple[int, int]:
    """Width and height within the box, the shape kept; zeros when unknown."""
    width, height = about.get("width"), about.get("height")
    if not isinstance(width, int) or not isinstance(height, int) or min(width, height) < 1:
        return 0, 0
    scale = min(1.0, box / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _length(about: Shown) -> str:
    seconds = about.get("duration")
    return f"{seconds // 60}:{seconds % 60:02}" if isinstance(seconds, int) and seconds > 0 else ""


def size_words(size: Any) -> str:
    if not isinstance(size, int) or size < 0:
        return ""
    if size < 1024:
        return f"{size} bytes"
    kilobytes = size / 1024
    return f"{kilobytes:.0f} KB" if kilobytes < 1000 else f"{kilobytes / 1024:.1f} MB"


def web_address(value: Any) -> str:
    """An address that a link may lead to, or nothing."""
    text = str(value or "").strip()
    return text if text.lower().startswith(("https://", "http://")) else ""


def grouped_reactions(reactions: Any) -> list[tuple[str, int, str]]:
    """(sign, how often, by whom) of each different reaction, in the order in which they came."""
    known = [one for one in reactions if isinstance(one, dict) and one.get("emoji")]
    counts = Counter(str(one["emoji"]) for one in known)
    by_us = {str(one["emoji"]) for one in known if one.get("by") == "us"}
    return [(sign, n, "You" if sign in by_us else "The customer") for sign, n in counts.items()]
