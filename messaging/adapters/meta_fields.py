"""Reading what Meta sends without trusting its shape."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.lib.decoding import clean_text
from messaging.adapters.base import Unreadable

Fields = Mapping[str, Any]

ACCOUNT_OR_PERSON = re.compile(r"[A-Za-z0-9_.:-]{1,120}", re.ASCII)
MAX_MID = 512
MAX_KEY = 200
MAX_URL = 2000
EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
# Timestamps are milliseconds, save the dashboard's test, which has seconds: this is 1973 and 5138.
FIRST_MILLISECONDS = 10**11


def part_of(fields: Fields, name: str) -> dict[str, Any]:
    """An object inside this one. Raises Unreadable."""
    value = fields.get(name)
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is not an object")
    return value


def list_in(fields: Fields, name: str) -> list[Any]:
    """A list; empty when it is not there. Raises Unreadable."""
    value = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unreadable(f"{name} is not a list")
    return value


def words_in(fields: Fields, name: str) -> str:
    """Cleaned text; empty when it is not there. Raises Unreadable."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    return clean_text(value)


def mid_in(fields: Fields) -> str:
    """The opaque id of a message. Raises Unreadable."""
    mid = fields.get("mid")
    if not isinstance(mid, str) or not 0 < len(mid) <= MAX_MID or not mid.isprintable():
        raise Unreadable("mid is not the id of a message")
    return mid


def key_in(fields: Fields, name: str) -> str:
    """The `id` of an object such as `sender`; empty when there is none that we can use."""
    inside = fields.get(name)
    return as_key(inside.get("id")) if isinstance(inside, dict) else ""


def as_key(value: Any) -> str:
    """An account's or a person's id, which may come as a number; empty when it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and ACCOUNT_OR_PERSON.fullmatch(value) else ""


def short_text(fields: Any, name: str, length: int = 200) -> str:
    """Text of no great weight: cleaned and cut, empty when it is not there or no text."""
    value = fields.get(name) if isinstance(fields, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return clean_text(value).strip()[:length] if isinstance(value, str) else ""


def address_in(fields: Any, name: str = "url") -> str:
    """A web address; empty when it is none. Who fetches it decides whether it may be fetched."""
    value = fields.get(name) if isinstance(fields, dict) else None
    if not isinstance(value, str) or len(value) > MAX_URL or not value.isprintable():
        return ""
    return value if value.startswith(("https://", "http://")) and " " not in value else ""


def number_in(fields: Fields, name: str) -> int | None:
    """A whole number, also when it comes as text."""
    value = fields.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def time_in(fields: Fields, name: str = "timestamp") -> datetime | None:
    """A moment from milliseconds, or from seconds; None when it is no time of this century."""
    number = number_in(fields, name)
    if number is None:
        return None
    try:
        moment = datetime.fromtimestamp(
            number / 1000 if number >= FIRST_MILLISECONDS else number, UTC
        )
    except (OverflowError, ValueError, OSError):
        return None
    return moment if EARLIEST <= moment <= LATEST else None


def dedupe_key(kind: str, *parts: object) -> str:
    """`kind:part:part`; its digest where that is too long or holds what a key should not."""
    tail = ":".join(str(part) for part in parts)
    if len(kind) + 1 + len(tail) > MAX_KEY or not tail.isascii() or not tail.isprintable():
        tail = hashlib.sha256(tail.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{kind}:{tail}"


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
