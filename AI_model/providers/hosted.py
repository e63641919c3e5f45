"""What the providers behind an HTTP API have in common."""

import hashlib
import time
from abc import abstractmethod
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import httpx2
import structlog

from AI_model.providers.base import (
    Completion,
    CompletionRequest,
    Provider,
    ProviderError,
    Turn,
    Usage,
    alternating,
)
from AI_model.providers.failures import garbled
from AI_model.providers.transport import AnswerCompressed, AnswerTooLarge, within
from core.lib.decoding import clean_text

log = structlog.get_logger(__name__)

MAX_COUNT = 2**31 - 1

Finish = Literal["stop", "cut", "blocked", "odd"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, before anyone looked at whether it can be sent."""

    text: str
    finish: Finish
    model: str = ""
    usage: Usage = field(default_factory=Usage)


class HostedProvider(Provider):
    """A model behind an HTTP API. Subclasses make one call and never retry it."""

    label: ClassVar[str]

    def __init__(self, *, model: str, api_key: str, base_url: str) -> None:
        super().__init__(model=model)
        self.base_url = base_url
        self._api_key = api_key

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
            with within(request.deadline):
                answer = self._ask(request)
        except ProviderError:
            raise
        except Exception as error:
            raise self._explain(error) from error
        return self._accept(answer, milliseconds=int((time.monotonic() - started) * 1000))

    @abstractmethod
    def _ask(self, request: CompletionRequest) -> Answer:
        """One call. Raises what the SDK raises, or ProviderError."""

    @abstractmethod
    def _explain_refusal(self, error: Exception) -> ProviderError | None:
        """The vendor's own error answer in our words; None when `error` is not one."""

    def _turns(self, request: CompletionRequest) -> list[Turn]:
        turns = alternating(request.turns) or alternating([Turn("user", request.question)])
        if not turns:
            raise ProviderError("bad_request", "There is nothing to answer.", permanent=True)
        return turns

    def _explain(self, error: Exception) -> ProviderError:
        for cause in _chain(error):
            if isinstance(cause, AnswerTooLarge):
                return ProviderError(
                    "too_large", f"{self.label} sent more than an answer can be.", permanent=True
                )
            if isinstance(cause, AnswerCompressed):
                return garbled(self.label)
            if isinstance(cause, httpx2.TimeoutException):
                return self._too_slow()
            if isinstance(cause, httpx2.TransportError):
                return ProviderError("unreachable", f"{self.label} can't be reached.")
        return self._explain_refusal(error) or self._explain_content(error)

    def _too_slow(self) -> ProviderError:
        return ProviderError("timeout", f"{self.label} took too long.")

    def _explain_content(self, error: Exception) -> ProviderError:
        """SDKs let the parser's own errors through when an answer is not what it should be."""
        if isinstance(error, (ValueError, TypeError, LookupError, AttributeError, RecursionError)):
            log.warning("answer_unreadable", provider=self.kind, error=type(error).__name__)
            return garbled(self.label)
        raise error

    def _accept(self, answer: Answer, *, milliseconds: int) -> Completion:
        model = answer.model[:120] or self.model
        text = clean_text(answer.text).strip()
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


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def count(value: object) -> int:
    """A token count from a vendor, never trusted to be a sane number."""
    return min(value, MAX_COUNT) if isinstance(value, int) and value > 0 else 0


def words(value: object) -> str:
    return value if isinstance(value, str) else ""
