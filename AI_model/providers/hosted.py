"""What the providers behind an HTTP API have in common."""

import hashlib
import time
from abc import abstractmethod
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace

import httpx2
import structlog

from AI_model.providers.base import (
    AnswerStream,
    Completion,
    CompletionRequest,
    Finish,
    Heard,
    Pieces,
    Provider,
    ProviderError,
    Turn,
    Usage,
    alternating,
    stopped,
)
from AI_model.providers.failures import garbled
from AI_model.providers.guard import Guard
from AI_model.providers.piecing import Piecing
from AI_model.providers.transport import (
    MAX_ANSWER_BYTES,
    AnswerCompressed,
    AnswerTooLarge,
    AnswerUnwanted,
    Limits,
    http_client,
    within,
)
from core.lib.clock import Deadline
from core.lib.decoding import clean_text
from core.lib.http import OutboundRefused, check_form

log = structlog.get_logger(__name__)

MAX_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, before anyone looked at whether it can be sent."""

    text: str
    finish: Finish
    model: str = ""
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Own:
    """What makes a provider a business's own: its name in sentences, its guard, its defaults.

    `temperature` counts where none is asked for; `max_tokens` is the most that may be asked for.
    """

    label: str
    guard: Guard = field(default_factory=Guard)
    temperature: float | None = None
    max_tokens: int | None = None


class HostedProvider(Provider):
    """A model behind an HTTP API. Subclasses make one call and never retry it."""

    label: str
    key_header: tuple[str, str]
    """The header that holds the key, and what stands before it there."""

    def __init__(self, *, model: str, api_key: str, base_url: str, own: Own | None = None) -> None:
        super().__init__(model=model)
        self.base_url = base_url
        self._api_key = api_key
        self._own = own
        self._guard: Guard | None = None
        if own is not None:
            self.label = own.label
            name, prefix = self.key_header
            header = (name, f"{prefix}{api_key}") if api_key else None
            self._guard = replace(own.guard, key_header=header)

    def _fitted(self, request: CompletionRequest) -> CompletionRequest:
        own = self._own
        if own is None:
            return request
        asked = request.temperature
        return replace(
            request,
            temperature=own.temperature if asked is None else asked,
            max_tokens=min(request.max_tokens, own.max_tokens or request.max_tokens),
        )

    def _http(self) -> httpx2.Client:
        if self._guard is not None:
            check_form(self.base_url)
        return http_client(self._guard)

    def _quotable(self, message: str) -> str:
        """Nothing that stands at a business's address is shown: it may be a place of ours."""
        return "" if self._own else message

    @property
    def health_key(self) -> Hashable:
        """Another key is another account: its failures are not ours."""
        account = hashlib.sha256(self._api_key.encode()).hexdigest()[:16]
        return (self.kind, self.base_url, self.model, account)

    def complete(self, request: CompletionRequest) -> Completion:
        started = time.monotonic()
        if request.deadline.passed:
            raise self._too_slow()
        try:
            with within(Limits(request.deadline)):
                answer = self._ask(self._fitted(request))
        except ProviderError:
            raise
        except Exception as error:
            raise self._explain(error) from error
        return self._accept(answer, milliseconds=_since(started))

    def stream(self, request: CompletionRequest) -> AnswerStream:
        patience, heard = request.patience, Heard()
        limits = Limits(
            patience.first_word or request.deadline, wanted=patience.wanted, streams=True
        )
        return AnswerStream(self._pieces(request, heard, limits), heard, limits.hang_up)

    def _pieces(self, request: CompletionRequest, heard: Heard, limits: Limits) -> Pieces:
        started, piecing = time.monotonic(), Piecing()
        if limits.deadline.passed:
            raise self._too_slow()
        piece = None
        for piece in self._received(request, heard, limits):
            if text := piecing.add(piece):
                limits.deadline, limits.silence = request.deadline, request.patience.silence
                yield text
            if piecing.length > MAX_ANSWER_BYTES:
                raise self._explain(AnswerTooLarge(), heard)
        if piece is None:
            raise garbled(self.label)
        if not heard.finish:
            raise self._broken_off(heard)
        answer = Answer(piecing.text, heard.finish, heard.model, heard.usage)
        yield self._accept(answer, milliseconds=_since(started), streamed=True)

    def _received(self, request: CompletionRequest, heard: Heard, limits: Limits) -> Iterator[str]:
        """Each step keeps to the limits; nothing of them stays in the thread between two steps."""
        source = self._listen(self._fitted(request), heard)
        while True:
            try:
                with within(limits):
                    piece = next(source, None)
            except ProviderError:
                raise
            except Exception as error:
                raise self._explain(error, heard) from error
            if piece is None:
                return
            yield piece

    def _broken_off(self, heard: Heard) -> ProviderError:
        sentence = f"{self.label} broke off in the middle of the answer."
        return ProviderError("unreachable", sentence, usage=heard.usage, model=heard.model)

    @abstractmethod
    def _ask(self, request: CompletionRequest) -> Answer:
        """One call. Raises what the SDK raises, or ProviderError."""

    def _listen(self, request: CompletionRequest, heard: Heard) -> Iterator[str]:
        """One streamed call: its texts, "" for an event without one. Notes what else it hears.

        Without `heard.finish` at the end the answer counts as broken off.
        """
        yield hear_whole(self._ask(request), heard)

    def offered_models(self, deadline: Deadline) -> list[str]:
        """The ids that the address lists. Raises ProviderError; model_not_found: it lists none."""
        try:
            with within(Limits(deadline)):
                return sorted(self._offered(deadline))
        except Exception as error:
            raise self._explain(error) from error

    @abstractmethod
    def _offered(self, deadline: Deadline) -> list[str]:
        """One call for what is offered."""

    @abstractmethod
    def _explain_refusal(self, error: Exception) -> ProviderError | None:
        """The vendor's own error answer in our words; None when `error` is not one."""

    def _turns(self, request: CompletionRequest) -> list[Turn]:
        turns = alternating(request.turns) or alternating([Turn("user", request.question)])
        if not turns:
            raise ProviderError("bad_request", "There is nothing to answer.", permanent=True)
        return turns

    def _explain(self, error: Exception, heard: Heard | None = None) -> ProviderError:
        told = self._in_our_words(error)
        if heard is not None:
            told.usage, told.model = heard.usage, heard.model
        return told

    def _in_our_words(self, error: Exception) -> ProviderError:
        for cause in _chain(error):
            if isinstance(cause, AnswerUnwanted):
                return stopped()
            if isinstance(cause, AnswerTooLarge):
                return ProviderError(
                    "too_large", f"{self.label} sent more than an answer can be.", permanent=True
                )
            if isinstance(cause, OutboundRefused):
                return self._not_called(cause)
            if isinstance(cause, AnswerCompressed):
                return garbled(self.label)
            if isinstance(cause, httpx2.TimeoutException):
                return self._too_slow()
            if isinstance(cause, httpx2.TransportError):
                return ProviderError("unreachable", f"{self.label} can't be reached.")
        return self._explain_refusal(error) or self._explain_content(error)

    def _not_called(self, refused: OutboundRefused) -> ProviderError:
        if refused.code == "timeout":
            return self._too_slow()
        blocked = refused.code == "address_blocked"
        return ProviderError(refused.code, refused.detail, permanent=blocked)

    def _too_slow(self) -> ProviderError:
        return ProviderError("timeout", f"{self.label} took too long.")

    def _explain_content(self, error: Exception) -> ProviderError:
        """SDKs let the parser's own errors through when an answer is not what it should be."""
        if isinstance(error, (ValueError, TypeError, LookupError, AttributeError, RecursionError)):
            log.warning("answer_unreadable", provider=self.kind, error=type(error).__name__)
            return garbled(self.label)
        raise error

    def _accept(self, answer: Answer, *, milliseconds: int, streamed: bool = False) -> Completion:
        """What was streamed is kept when it was cut: the reader has it already."""
        model = answer.model[:120] or self.model
        text = clean_text(answer.text).strip()
        if streamed and answer.finish == "cut" and text:
            return Completion(text, self.kind, model, answer.usage, milliseconds, "cut")
        problem = self._problem(answer.finish, text)
        if problem:
            code, sentence = problem
            raise ProviderError(
                code, f"{self.label} {sentence}.", permanent=True, usage=answer.usage, model=model
            )
        return Completion(text, self.kind, model, answer.usage, milliseconds)

    @staticmethod
    def _problem(finish: Finish, text: str) -> tuple[str, str] | None:
        if finish == "blocked":
            return "blocked", "blocked the answer"
        if finish == "cut":
            return "cut", "stopped in the middle of the answer"
        if finish == "odd":
            return "garbled", "ended the answer in a way that we can't use"
        return None if text else ("empty", "gave an empty answer")


def hear_whole(answer: Answer, heard: Heard) -> str:
    """Of an answer that came in one piece."""
    heard.model, heard.usage, heard.finish = answer.model, answer.usage, answer.finish
    return answer.text


def _since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def count(value: object) -> int:
    """A token count from a vendor, never trusted to be a sane number."""
    return min(value, MAX_COUNT) if isinstance(value, int) and value > 0 else 0


def words(value: object) -> str:
    return value if isinstance(value, str) else ""
