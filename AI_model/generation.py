"""From a request to an answer, through a chain of providers. Knows no conversation and no row."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from AI_model.breaker import Breaker, breaker_for
from AI_model.metering import Meter
from AI_model.providers.base import (
    Completion,
    CompletionRequest,
    Provider,
    ProviderError,
    Usage,
    stopped,
)
from core.lib.clock import Deadline

log = structlog.get_logger(__name__)

MAX_TRIES = 3
BACKOFF_SECONDS = (0.2, 0.6)
LONGEST_WAIT = 60.0
PATIENCE_SECONDS = 5.0
"""The longest pause a vendor may ask for while another hosted provider could answer instead."""
LOOK_SECONDS = 0.3
FIRST_SHARE = 0.6
"""Part of the remaining time for a provider while another hosted one could still follow."""

# What says something about the provider; the other errors are about this one request.
UNHEALTHY = frozenset(
    {
        "key_rejected",
        "not_allowed",
        "model_not_found",
        "quota_exhausted",
        "rate_limited",
        "overloaded",
        "server_error",
        "timeout",
        "unreachable",
        "garbled",
        "too_large",
        "not_installed",
        "address_blocked",
    }
)


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call to a provider, for the ledger. `outcome` is "ok", "stopped" or the error's code."""

    provider: str
    model: str
    usage: Usage
    milliseconds: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Generation:
    """What came of it: a completion, or the error that matters; every call either way.

    `partial`: what had been given out of a streamed answer when the error came.
    """

    completion: Completion | None
    calls: list[CallRecord]
    error: ProviderError | None
    partial: str = ""


class Asker(Protocol):
    """How a provider is asked: for a whole answer, or for one as it comes."""

    @property
    def is_over(self) -> bool:
        """Whether nobody else may be asked, since something was said, or nobody listens."""

    def ask(self, provider: Provider, request: CompletionRequest, by: Deadline) -> Completion:
        """An answer, come or at least begun before `by`. Raises ProviderError."""


class _Whole:
    is_over = False

    def ask(self, provider: Provider, request: CompletionRequest, by: Deadline) -> Completion:
        return provider.complete(replace(request, deadline=by))


def generate(
    *, request: CompletionRequest, chain: Sequence[Provider], meter: Meter | None = None
) -> Generation:
    """Ask each provider in order until one answers. A ProviderError comes back, not up.

    `meter` is asked before every single call, each try of each provider, and told what it cost.
    """
    return ask_chain(request, chain, meter, _Whole())


def ask_once(
    *, request: CompletionRequest, provider: Provider, meter: Meter | None = None
) -> Generation:
    """One try, also at one that failed too often lately: to see whether it works."""
    calls: list[CallRecord] = []
    attempt = _Attempt(provider, request, calls, meter, _Whole(), request.deadline, patience=0.0)
    try:
        return Generation(attempt.run(Breaker()), calls, None)
    except ProviderError as error:
        return Generation(None, calls, error)


def ask_chain(
    request: CompletionRequest, chain: Sequence[Provider], meter: Meter | None, asker: Asker
) -> Generation:
    calls: list[CallRecord] = []
    error: ProviderError | None = None
    for position, provider in enumerate(chain):
        by, patience = _share(request.deadline, provider, chain[position + 1 :])
        attempt = _Attempt(provider, request, calls, meter, asker, by, patience)
        try:
            return Generation(attempt.run(), calls, None)
        except ProviderError as refused:
            error = _weightier(error, refused)
            log.info("provider_failed", provider=provider.kind, code=refused.code)
            if refused.code == "stopped" or asker.is_over:
                break
    return Generation(None, calls, error or _no_provider())


def _share(
    deadline: Deadline, provider: Provider, later: Sequence[Provider]
) -> tuple[Deadline, float]:
    """A local provider needs no time, so only hosted ones that follow make this one hurry."""
    if provider.local or all(other.local for other in later):
        return deadline, LONGEST_WAIT
    return Deadline.after(deadline.remaining() * FIRST_SHARE), PATIENCE_SECONDS


def _weightier(before: ProviderError | None, now: ProviderError) -> ProviderError:
    """A broken provider explains a missing answer better than missing support does."""
    return before if before is not None and now.code == "no_support" else now


def _no_provider() -> ProviderError:
    return ProviderError("no_provider", "No AI provider is configured.", permanent=True)


@dataclass(slots=True)
class _Attempt:
    """The tries with one provider. `patience`: the longest pause before another try, in seconds.

    `by`: until when it may answer.
    """

    provider: Provider
    request: CompletionRequest
    calls: list[CallRecord]
    meter: Meter | None
    asker: Asker
    by: Deadline
    patience: float

    def run(self, breaker: Breaker | None = None) -> Completion:
        breaker = breaker or breaker_for(self.provider.health_key)
        tries = 0
        while True:
            hold = self._admitted(breaker)
            tries += 1
            try:
                return self._metered_call(breaker, hold)
            except ProviderError as error:
                if tries == MAX_TRIES or self.asker.is_over:
                    raise
                if not self._wait(error, tries, breaker):
                    raise

    def _admitted(self, breaker: Breaker) -> object:
        """What the meter holds. It comes first: a call that it refuses may not be the probe."""
        self._check_time()
        hold = self.meter.admit(self.provider, self.request) if self.meter else None
        try:
            self._check_time()
            if not breaker.allows():
                failing = f"{self.provider.kind} failed too often lately."
                raise ProviderError("breaker_open", failing)
        except ProviderError:
            self._settle(hold, None)
            raise
        return hold

    def _check_time(self) -> None:
        if self.asker.is_over:
            raise stopped()
        if self.by.passed and not self.provider.local:
            raise ProviderError("timeout", "No time is left for another provider.")

    def _metered_call(self, breaker: Breaker, hold: object) -> Completion:
        before = len(self.calls)
        try:
            return self._call(breaker)
        finally:
            self._settle(hold, self.calls[before] if len(self.calls) > before else None)

    def _settle(self, hold: object, record: CallRecord | None) -> None:
        if self.meter is not None:
            self.meter.settle(hold, record)

    def _call(self, breaker: Breaker) -> Completion:
        started = time.monotonic()
        try:
            completion = self.asker.ask(self.provider, self.request, self.by)
        except ProviderError as error:
            self._record(error.model, error.usage, started, error.code)
            if error.code in UNHEALTHY:
                breaker.failed()
            elif error.code != "stopped":
                breaker.succeeded()
            raise
        self._record(completion.model, completion.usage, started, "ok")
        breaker.succeeded()
        return completion

    def _record(self, model: str, usage: Usage, started: float, outcome: str) -> None:
        name = model or self.provider.model
        milliseconds = int((time.monotonic() - started) * 1000)
        self.calls.append(CallRecord(self.provider.kind, name, usage, milliseconds, outcome))

    def _wait(self, error: ProviderError, tries: int, breaker: Breaker) -> bool:
        """Wait before another try; False when that makes no sense or takes too long."""
        if error.permanent:
            return False
        asked = min(error.retry_after or 0.0, LONGEST_WAIT)
        pause = max(asked, BACKOFF_SECONDS[tries - 1] * random.uniform(0.5, 1.5))  # noqa: S311
        if pause >= min(self.patience, self.by.remaining()):
            breaker.hold(asked)
            return False
        self._sleep(Deadline.after(pause))
        return True

    def _sleep(self, until: Deadline) -> None:
        """Shorter when nobody waits for the answer any more."""
        while not until.passed and not self.asker.is_over:
            time.sleep(min(until.remaining(), LOOK_SECONDS))
