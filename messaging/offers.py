"""Offers of a choice, as channels show them: buttons, and a numbered list where those do not do.

An option is `{"id", "title"}`, kept in `Message.details["options"]`; a press comes back as the
button `offer:<id>`. Pure: forms in, forms out.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from messaging.adapters.splitting import length_in, split_text
from messaging.types import Button, Buttons, LengthUnit, TextLimit

PRESS = "offer:"
NONE = "none"
Option = Mapping[str, str]
# “2”, “2.”, “(2)”, “nr 2”
_NUMBER = re.compile(r"^\W*(?:n[ro°º]\.?|no\.|№)?\s*(\d{1,2})\W*$", re.IGNORECASE)


def options_in(details: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """The options of a message, none for most."""
    found = (details or {}).get("options")
    return found if isinstance(found, list) else []


def option_pressed(details: Mapping[str, Any] | None) -> str:
    """The id of the option behind a pressed button; "" for any other message."""
    button = (details or {}).get("button")
    return button.removeprefix(PRESS) if isinstance(button, str) and button[:6] == PRESS else ""


def option_named(words: str, options: Sequence[Option]) -> Option | None:
    """The option that somebody chose in words: its number in the list, or its title."""
    if number := _NUMBER.match(words):
        place = int(number[1])
        return options[place - 1] if 0 < place <= len(options) else None
    said = _bare(words)
    return next((option for option in options if said and said == _bare(option["title"])), None)


def _bare(title: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", title.casefold()).split())


def text_with(text: str, options: Sequence[Option], buttons: Buttons | None) -> str:
    """What is sent as words: with the options as a list, unless every title stands on a button."""
    if not options or not _needs_list(options, buttons):
        return text
    rows = [f"{number}. {option['title']}" for number, option in enumerate(options, start=1)]
    return "\n".join([text, "", *rows])


def buttons_for(options: Sequence[Option], buttons: Buttons | None) -> tuple[Button, ...]:
    """A button for each option, its title numbered as in the list and cut to what fits."""
    if buttons is None:
        return ()
    listed = _needs_list(options, buttons)
    titles = [
        f"{number}. {option['title']}" if listed else option["title"]
        for number, option in enumerate(options, start=1)
    ]
    return tuple(
        Button(f"{PRESS}{option['id']}", _cut(title, buttons.longest))
        for option, title in zip(options, titles, strict=True)
    )


def _needs_list(options: Sequence[Option], buttons: Buttons | None) -> bool:
    if buttons is None or not buttons.in_every_app:
        return True
    return any(length_in(o["title"], LengthUnit.UTF16) > buttons.longest for o in options)


def _cut(title: str, longest: int) -> str:
    if length_in(title, LengthUnit.UTF16) <= longest:
        return title
    parts = split_text(title, TextLimit(longest - 1, LengthUnit.UTF16))
    return f"{parts[0]}…"
