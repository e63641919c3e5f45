"""The public look of a web chat: what `widget.js` is made with."""

import re
from typing import Any

from core.lib.errors import DomainError
from messaging.models import Channel

DEFAULT_COLOUR = "#0b6760"
DARK_INK, LIGHT_INK = "#000000", "#ffffff"
MAX_GREETING = 500
HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def public_look(channel: Channel) -> dict[str, str]:
    """Name, colours and greeting; nothing else of a channel's settings is public."""
    settings: dict[str, Any] = channel.settings
    colour = valid_colour(settings.get("colour"))
    name = channel.business.name
    greeting = str(settings.get("greeting") or f"Hello. How can {name} help you?")
    return {
        "channel": channel.id,
        "name": name,
        "colour": colour,
        "ink": ink_on(colour),
        "greeting": greeting[:MAX_GREETING],
    }


def read_colour(text: str) -> str:
    """A colour such as #0b6760; empty = ours. Raises DomainError."""
    colour = text.strip().lower()
    if colour and not HEX_COLOUR.fullmatch(colour):
        raise DomainError(f"Write a colour as # and six digits, such as {DEFAULT_COLOUR}.")
    return colour


def valid_colour(value: object) -> str:
    text = str(value or "")
    return text.lower() if HEX_COLOUR.fullmatch(text) else DEFAULT_COLOUR


def ink_on(colour: str) -> str:
    """Dark or light words, whichever contrasts more (WCAG 2.2 relative luminance)."""
    light, dark = (contrast(ink, colour) for ink in (LIGHT_INK, DARK_INK))
    return LIGHT_INK if light >= dark else DARK_INK


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
