"""Stops calling what keeps failing, and looks now and then whether it works again.

State is per process: each worker learns for itself within five calls.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

MAX_FAILURES = 5
WINDOW_SECONDS = 30.0
PROBE_AFTER_SECONDS = 15.0


class Breaker:
    """Opens after MAX_FAILURES in a row within WINDOW_SECONDS; then lets single probes through."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: deque[float] = deque(maxlen=MAX_FAILURES)
        self._closed_again_at = 0.0
        self._open = False

    def allows(self) -> bool:
        """Whether to call now. While open, the caller who gets True is the probe."""
        with self._lock:
            now = self._clock()
            if now < self._closed_again_at:
                return False
            if self._open:
                self._closed_again_at = now + PROBE_AFTER_SECONDS
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._open = False
            self._failures.clear()
            self._closed_again_at = 0.0

    def failed(self) -> None:
        with self._lock:
            now = self._clock()
            self._failures.append(now)
            full = len(self._failures) == MAX_FAILURES
            if self._open or (full and now - self._failures[0] <= WINDOW_SECONDS):
                self._open = True
                self._closed_again_at = max(self._closed_again_at, now + PROBE_AFTER_SECONDS)

    def hold(self, seconds: float) -> None:
        """The vendor asked for a pause."""
        with self._lock:
            self._closed_again_at = max(self._closed_again_at, self._clock() + seconds)


_breakers: dict[Hashable, Breaker] = {}
_breakers_lock = threading.Lock()


def breaker_for(key: Hashable) -> Breaker:
    with _breakers_lock:
        return _breakers.setdefault(key, Breaker())


def forget_breakers() -> None:
    """All closed again, as after a start of the process."""
    with _breakers_lock:
        _breakers.clear()
