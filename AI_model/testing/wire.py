"""What vendors on loopback have in common: what is to be said, and how it goes on the wire."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

JSON_HEADERS = {"Content-Type": "application/json"}
SSE_HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
PIECE = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+")
"""A word with the space before it, as models cut their answers."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of a call: `read` holds the cached ones, `written` those of thinking."""

    read: int = 0
    written: int = 0
    cached: int = 0
    thinking: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back; `tokens` as the answer counts them."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: dict(JSON_HEADERS))
    tokens: Tokens = Tokens()


@dataclass(frozen=True, slots=True)
class Script:
    """A streamed answer: what goes out before the words, each piece of them, and what ends it.

    `alive` is what the vendor sends while it thinks.
    """

    opening: Sequence[bytes]
    pieces: Sequence[bytes]
    ending: Sequence[bytes]
    error: bytes
    tokens: Tokens
    alive: bytes = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class Said:
    """What a model is to say. `finish`: stop, cut, blocked, prompt_blocked, tool_call.

    `cached`, `thinking`: tokens that the vendor kept, and that it thought.
    """

    text: str | None
    finish: str = "stop"
    usage: bool = True
    cached: int = 0
    thinking: int = 0


class Wire(ABC):
    """One vendor's way of writing."""

    name: str
    statuses: ClassVar[Mapping[str, int]]

    @abstractmethod
    def speaks(self, path: str) -> bool: ...

    @abstractmethod
    def texts(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        """(role, text) of the system prompt and each turn."""

    @abstractmethod
    def answer(self, said: Said, *, model: str, tokens: Tokens) -> dict[str, Any]: ...

    @abstractmethod
    def error(self, kind: str, retry_after: str) -> Reply: ...

    @abstractmethod
    def script(
        self, said: Said, *, pieces: Sequence[str], model: str, tokens: Tokens, counts: bool
    ) -> Script:
        """`pieces` of `said.text`; `counts`: the usage is told."""

    def streams(self, path: str, body: Mapping[str, Any]) -> bool:
        """Whether the caller wants the answer as it comes."""
        return body.get("stream") is True

    def streamed(
        self, said: Said, *, pieces: Sequence[str], path: str, body: Mapping[str, Any]
    ) -> Script:
        prompt = sum(len(text) for _, text in self.texts(body))
        counts = said.usage and self.counts(body)
        tokens = self.count(said, prompt) if counts else Tokens()
        model = self.model(path, body)
        return self.script(said, pieces=pieces, model=model, tokens=tokens, counts=counts)

    def is_asked(self, headers: Mapping[str, str]) -> bool:
        """Whether a listing is asked of this vendor: their paths are the same."""
        return True

    def listing(self, names: Sequence[str]) -> dict[str, Any]:
        """What `GET …/models` says."""
        data = [{"id": name, "object": "model", "type": "model"} for name in names]
        return {"object": "list", "data": data, "has_more": False}

    def counts(self, body: Mapping[str, Any]) -> bool:
        """Whether the usage of a stream is told."""
        return True

    def model(self, path: str, body: Mapping[str, Any]) -> str:
        return str(body.get("model", ""))

    def stream_refusal(self, body: Mapping[str, Any]) -> Reply | None:
        """The 400 of a server that does not know how to tell the usage of a stream."""
        return None

    def refusal(self, body: Mapping[str, Any]) -> Reply | None:
        """The 400 for the first parameter that a strict model of this vendor does not take."""
        return None

    def objection(self, path: str, body: Mapping[str, Any]) -> Reply | None:
        """The 400 that the vendor's own model of this name gives; its rules, not our catalog's."""
        return None

    def completion(self, said: Said, *, path: str, body: Mapping[str, Any]) -> Reply:
        prompt = sum(len(text) for _, text in self.texts(body))
        tokens = self.count(said, prompt) if said.usage else Tokens()
        answer = self.answer(said, model=self.model(path, body), tokens=tokens)
        return Reply(200, dump(answer), tokens=tokens)

    def count(self, said: Said, prompt: int) -> Tokens:
        """Cached tokens come on top of the prompt's own letters, as if it were so much longer."""
        written = len(said.text or "") // 4 + 1 + said.thinking
        return Tokens(prompt // 4 + 1 + said.cached, written, said.cached, said.thinking)


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def sse(value: object, event: str = "") -> bytes:
    """One event of a stream."""
    name = f"event: {event}\n".encode() if event else b""
    return name + b"data: " + dump(value) + b"\n\n"


def cut_in_pieces(text: str, words: int) -> list[str]:
    """Runs of so many words; together they are the text."""
    found = PIECE.findall(text)
    return ["".join(found[i : i + words]) for i in range(0, len(found), words)]
