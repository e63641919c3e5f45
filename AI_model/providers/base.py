"""What every provider of answers takes and gives. Frozen, and no model, SDK or network here."""

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

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


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Patience:
    """What a streamed answer has to keep to beside the request's deadline.

    `first_word`: by when it has to begin. `silence`: seconds without a byte, once it has begun.
    `wanted` is asked some three times a second while we wait; False ends the call.
    """

    first_word: Deadline | None = None
    silence: float = 60.0
    wanted: Callable[[], bool] = _always


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
    patience: Patience = Patience()


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the vendor counted them; all zero when it did not say."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    tokens_thinking: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer, fit to be sent. `cited` holds passage ids, `model` the name as resolved.

    `finish` is "stop"; of a streamed one also "cut" (no room was left) and "stopped" (by us).
    """

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
    blocked, no_support, breaker_open, no_provider, not_installed, over_budget, unpriced, stopped,
    address_blocked.
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


def stopped() -> ProviderError:
    return ProviderError("stopped", "The answer was stopped.", permanent=True)


Finish = Literal["stop", "cut", "blocked", "odd"]


@dataclass(slots=True)
class Heard:
    """What a vendor has told so far of an answer that may never end."""

    model: str = ""
    usage: Usage = field(default_factory=Usage)
    finish: Finish | None = None


Pieces = Generator[str | Completion, None, None]


class AnswerStream(Iterator[str | Completion]):
    """An answer as it comes: pieces of text, and the Completion as the last item.

    The pieces together are the completion's text. `close` ends the call at once.
    """

    def __init__(
        self, pieces: Pieces, heard: Heard, hang_up: Callable[[], object] | None = None
    ) -> None:
        self.heard = heard
        self._pieces = pieces
        self._hang_up = hang_up

    def __next__(self) -> str | Completion:
        return next(self._pieces)

    def close(self) -> None:
        try:
            self._pieces.close()
        finally:
            if self._hang_up is not None:
                self._hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Provider(ABC):
    """Something that completes a conversation.

    A provider keeps no state of a request, so one instance serves many threads.
    """

    kind: ClassVar[str]
    local: ClassVar[bool] = False
    """True: answers at once and in this process, so it needs no share of the time."""

    def __init__(self, *, model: str) -> None:
        self.model = model

    @abstractmethod
    def complete(self, request: CompletionRequest) -> Completion:
        """Answer before `request.deadline`, or raise ProviderError."""

    def stream(self, request: CompletionRequest) -> AnswerStream:
        """The answer as it comes, with the same errors; in one piece where that is all there is."""
        heard = Heard()
        return AnswerStream(self._in_one_piece(request, heard), heard)

    def _in_one_piece(self, request: CompletionRequest, heard: Heard) -> Pieces:
        completion = self.complete(request)
        heard.model, heard.usage = completion.model, completion.usage
        yield completion.text
        yield completion

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
