"""What every provider of answers takes and gives. Frozen, and no model, SDK or network here."""

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from core.lib.clock import Deadline


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a sound for a model; `mime` as it was found in the bytes."""

    mime: str
    content: bytes = field(repr=False)

    @property
    def base64(self) -> str:
        return b64encode(self.content).decode()


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said, and what it showed."""

    role: Literal["user", "assistant"]
    text: str
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the business's knowledge. `score` is 0..1; only an entry has an `answer`."""

    id: str
    kind: Literal["entry", "text"]
    title: str
    text: str
    answer: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One question to a model.

    `turns` ends with the customer's words; `question` is the same words for whoever looks them up.
    `max_tokens` is meant for the visible answer: a provider adds room for thinking by itself.
    `threshold` is the score from which a passage supports an answer.
    """

    system: str
    turns: Sequence[Turn]
    max_tokens: int
    temperature: float | None
    deadline: Deadline
    passages: Sequence[Passage] = ()
    question: str = ""
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the vendor counted them; all zero when it did not say."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    tokens_thinking: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer, fit to be sent. `cited` holds passage ids, `model` the name as resolved."""

    text: str
    provider: str
    model: str
    usage: Usage = field(default_factory=Usage)
    milliseconds: int = 0
    finish: str = "stop"
    cited: tuple[str, ...] = ()


class ProviderError(Exception):
    """No answer.

    `permanent`: the same request to the same provider would fail again. `retry_after`: seconds the
    vendor asked us to wait. `usage` and `model` are set when the vendor counted a useless answer.

    Codes: key_rejected, not_allowed, model_not_found, quota_exhausted, bad_request, too_long,
    rate_limited, overloaded, server_error, timeout, unreachable, garbled, too_large, empty, cut,
    blocked, no_support, breaker_open, no_provider, not_installed, over_budget, unpriced.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        usage: Usage | None = None,
        model: str = "",
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.permanent = permanent
        self.retry_after = retry_after
        self.usage = usage or Usage()
        self.model = model


class Provider(ABC):
    """Something that completes a conversation.

    A provider keeps no state of a request, so one instance serves many threads. A streaming answer
    belongs beside `complete` as `stream(request) -> Iterator[str]` with the same errors.
    """

    kind: ClassVar[str]
    local: ClassVar[bool] = False
    """True: answers at once and in this process, so it needs no share of the time."""

    def __init__(self, *, model: str) -> None:
        self.model = model

    @abstractmethod
    def complete(self, request: CompletionRequest) -> Completion:
        """Answer before `request.deadline`, or raise ProviderError."""

    @property
    def health_key(self) -> Hashable:
        """Calls with the same key succeed and fail together."""
        return (self.kind, self.model)


def alternating(turns: Sequence[Turn]) -> list[Turn]:
    """Turns as the strictest vendor wants them: user first and last, never the same side twice."""
    merged: list[Turn] = []
    for turn in turns:
        if not turn.text.strip() and not turn.media:
            continue
        if merged and merged[-1].role == turn.role:
            last = merged[-1]
            merged[-1] = Turn(turn.role, f"{last.text}\n{turn.text}", last.media + turn.media)
        else:
            merged.append(turn)
    while merged and merged[0].role == "assistant":
        merged.pop(0)
    while merged and merged[-1].role == "assistant":
        merged.pop()
    return merged
