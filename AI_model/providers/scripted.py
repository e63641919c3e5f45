"""A provider that says what it was told to: for tests, and for trying a chain without a vendor."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from AI_model.providers.base import Completion, CompletionRequest, Provider, ProviderError, Usage


@dataclass(frozen=True, slots=True)
class _Step:
    outcome: str | ProviderError
    delay: float
    during: Callable[[], object] | None


class ScriptedProvider(Provider):
    """Plays the enqueued steps in order and keeps every request in `history`."""

    kind = "scripted"

    def __init__(self, *outcomes: str | ProviderError, model: str = "scripted") -> None:
        super().__init__(model=model)
        self.history: list[CompletionRequest] = []
        self._steps: deque[_Step] = deque()
        self._lock = threading.Lock()
        for outcome in outcomes:
            self.enqueue(outcome)

    def enqueue(
        self,
        outcome: str | ProviderError,
        *,
        delay: float = 0.0,
        during: Callable[[], object] | None = None,
    ) -> None:
        """Say or raise `outcome` after `delay` seconds and after `during()`."""
        self._steps.append(_Step(outcome, delay, during))

    def complete(self, request: CompletionRequest) -> Completion:
        with self._lock:
            self.history.append(request)
            if not self._steps:
                raise LookupError("The script has no further step.")
            step = self._steps.popleft()
        if step.during is not None:
            step.during()
        time.sleep(min(step.delay, request.deadline.remaining()))
        if request.deadline.passed:
            raise ProviderError("timeout", "The script took too long.")
        if isinstance(step.outcome, ProviderError):
            raise step.outcome
        usage = Usage(tokens_in=len(request.system) // 4 + 1, tokens_out=len(step.outcome) // 4 + 1)
        return Completion(step.outcome, self.kind, self.model, usage, int(step.delay * 1000))

    @property
    def health_key(self) -> Hashable:
        return (self.kind, id(self))
