"""A turn as the page draws it. Pure: a step of the path in, words and HTML out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from django.utils.safestring import SafeString

from ai_chat.models import AIMessage

OPEN = frozenset({"pending", "streaming"})
Rendered = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Turn:
    """`text` is what has come so far; `html` its sanitised form, empty for a person's words."""

    message: AIMessage
    index: int
    siblings: Sequence[str]
    text: str
    html: SafeString
    draftable: bool = False

    @property
    def is_ai(self) -> bool:
        return self.message.role == AIMessage.Role.ASSISTANT

    @property
    def is_open(self) -> bool:
        return self.message.state in OPEN

    @property
    def length(self) -> int:
        """Characters that have come: where the next words of the socket belong."""
        return len(self.text)

    @property
    def previous(self) -> str:
        return self.siblings[self.index - 2] if self.index > 1 else ""

    @property
    def following(self) -> str:
        return self.siblings[self.index] if self.index < len(self.siblings) else ""

    @property
    def version(self) -> str:
        """Changes when the turn must be drawn anew; words that stream in don't count."""
        seen = (self.message.state, self.index, len(self.siblings), self.draftable)
        words = "" if self.is_open else self.text
        return f"{crc32(repr((seen, words, self.message.failure)).encode()):08x}"

    @property
    def ending(self) -> str:
        """Why the answer is not whole, in a word or two."""
        if self.message.state == AIMessage.State.STOPPED:
            return "Stopped"
        if self.message.state != AIMessage.State.FAILED:
            return ""
        if self._failure.get("code") == "interrupted":
            return "Interrupted"
        return "Not finished" if self.text else "No answer"

    @property
    def reason(self) -> str:
        return str(self._failure.get("detail") or "")

    @property
    def _failure(self) -> Mapping[str, Any]:
        return self.message.failure or {}

    @property
    def left_out(self) -> str:
        """What the model was not given, in one line."""
        return left_out_words(self.message.context or {})


def shown_turn(
    message: AIMessage,
    *,
    index: int,
    siblings: Sequence[str],
    rendered: Rendered,
    related: bool,
) -> Turn:
    """`message` holds all that has come of it; `related`: a customer conversation is attached."""
    text = message.content
    is_ai = message.role == AIMessage.Role.ASSISTANT
    html = SafeString(rendered(text)) if is_ai else SafeString("")
    draftable = related and is_ai and message.state not in OPEN and bool(text)
    return Turn(message, index, list(siblings) or [message.pk], text, html, draftable)


def left_out_words(context: Mapping[str, Any]) -> str:
    count = context.get("left_out") or 0
    if not count:
        return ""
    one = count == 1
    subject = "1 earlier message was" if one else f"{count} earlier messages were"
    rest = f"; a summary stands for {'it' if one else 'them'}" if context.get("summary") else ""
    return f"{subject} left out of what the model read{rest}"
