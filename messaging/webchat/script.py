"""`widget.js`: its parts in order, with the channel's look in front."""

import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from messaging.models import Channel
from messaging.webchat.look import public_look

SOURCES = Path(__file__).resolve().parent.parent / "static" / "webchat" / "widget"
PARTS = (
    "texts.js",
    "store.js",
    "server.js",
    "feed.js",
    "elements.js",
    "thread.js",
    "sheet.js",
    "main.js",
)


def widget_script(channel: Channel) -> str:
    look = as_script_value({**public_look(channel), "script": script_address(channel)})
    return f'(() => {{\n"use strict";\nconst LOOK = {look};\n{_body()}\n}})();\n'


def snippet(channel: Channel) -> str:
    """The one line that an owner puts into the page, before `</body>`."""
    return f'<script src="{script_address(channel)}" async></script>'


def script_address(channel: Channel) -> str:
    return str(settings.PUBLIC_URL + reverse("webchat:script", args=[channel.id]))


def as_script_value(value: object) -> str:
    """JSON that stays data wherever a script is put, inside an HTML page too."""
    text = json.dumps(value)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@lru_cache(maxsize=1)
def _kept_body() -> str:
    return _read_body()


def _body() -> str:
    return _read_body() if settings.DEBUG else _kept_body()


def _read_body() -> str:
    style = as_script_value((SOURCES / "widget.css").read_text())
    parts = [f"const STYLE = {style};", *((SOURCES / part).read_text() for part in PARTS)]
    return "\n".join(parts)
