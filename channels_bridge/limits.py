"""How much one holder of a socket may ask for."""

import time
from collections import Counter, deque
from collections.abc import Callable

MAX_FRAME_BYTES = 64 * 1024
MAX_FRAMES_PER_MINUTE = 100
MAX_SOCKETS = 10


class FrameBudget:
    """At most `frames` in any span of `seconds`."""

    def __init__(
        self,
        frames: int = MAX_FRAMES_PER_MINUTE,
        seconds: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._times: deque[float] = deque()
        self._frames, self._seconds, self._clock = frames, seconds, clock

    def take(self) -> bool:
        """Count one frame; False when there was one too many."""
        now = self._clock()
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        if len(self._times) >= self._frames:
            return False
        self._times.append(now)
        return True


class OpenSockets:
    """How many sockets each holder has open in this process."""

    def __init__(self, maximum: int = MAX_SOCKETS) -> None:
        self._maximum = maximum
        self._open: Counter[str] = Counter()

    def enter(self, holder: str) -> bool:
        if self._open[holder] >= self._maximum:
            return False
        self._open[holder] += 1
        return True

    def leave(self, holder: str) -> None:
        self._open[holder] -= 1
        if self._open[holder] <= 0:
            del self._open[holder]


open_sockets = OpenSockets()
