"""Frames of one group, one after the other and without delay: no word overtakes another."""

import os
import threading
from collections.abc import Iterable

from channels_bridge.broadcast import send
from core.lib.on_commit import background


class Relay:
    """At most one send on its way for each group; what comes meanwhile goes with the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[dict[str, object]]] = {}
        self._pid = 0

    def put(self, group: str, frames: Iterable[dict[str, object]]) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._waiting = os.getpid(), {}
            begun = group in self._waiting
            self._waiting.setdefault(group, []).extend(frames)
        if not begun and not background.submit(self._send(group), what="live.events"):
            self._drop(group)

    async def _send(self, group: str) -> None:
        while frames := self._take(group):
            await send(group, {"type": "live.events", "events": frames})

    def _drop(self, group: str) -> None:
        with self._lock:
            self._waiting.pop(group, None)

    def _take(self, group: str) -> list[dict[str, object]]:
        """What waits; without anything the group is forgotten, and the next frame begins anew."""
        with self._lock:
            frames = self._waiting.pop(group, [])
            if frames:
                self._waiting[group] = []
            return frames


relay = Relay()
