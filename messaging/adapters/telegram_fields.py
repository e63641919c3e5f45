"""Reading one field of a Telegram object, or saying that it is not what Telegram documents."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.lib.decoding import clean_text
from messaging.adapters.base import Unreadable

Fields = Mapping[str, Any]


def object_of(fields: Fields, name: str) -> dict[str, Any]:
    value = fields.get(name)
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is not an object")
    return value


def objects_of(fields: Fields, name: str) -> list[dict[str, Any]]:
    """A list of objects; an absent one is empty."""
    value = fields.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable(f"{name} is not a list of objects")
    return value


def integer_of(fields: Fields, name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unreadable(f"{name} is not a whole number")
    return value


def number_of(fields: Fields, name: str) -> float:
    value = fields.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise Unreadable(f"{name} is not a number")
    return value


def boolean_of(fields: Fields, name: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool):
        raise Unreadable(f"{name} is neither true nor false")
    return value


def text_of(fields: Fields, name: str) -> str:
    """As Telegram sent it; an absent one is empty."""
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    return value


def clean_of(fields: Fields, name: str, longest: int) -> str:
    """As both databases take it, at most `longest` characters."""
    return clean_text(text_of(fields, name))[:longest]


def words_of(message: Fields) -> str:
    """The text, or what stands below a file."""
    return text_of(message, "text") or text_of(message, "caption")


def name_of(person: Fields) -> str:
    """A person's name, or a chat's title."""
    name = f"{text_of(person, 'first_name')} {text_of(person, 'last_name')}".strip()
    return clean_text(name or text_of(person, "title")).strip()[:200]


def handle_of(fields: Fields, name: str) -> str:
    """An id in letters; it becomes part of a key, so it must come through unchanged."""
    handle = text_of(fields, name)
    if not handle or len(handle) > 200 or clean_text(handle) != handle:
        raise Unreadable(f"{name} is not an id")
    return handle


def time_of(source: Fields) -> datetime | None:
    if "date" not in source:
        return None
    try:
        return datetime.fromtimestamp(integer_of(source, "date"), UTC)
    except (OverflowError, ValueError, OSError):
        raise Unreadable("date is not a time") from None
