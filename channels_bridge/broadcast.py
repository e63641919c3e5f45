"""The one way to tell sockets something. What gets lost is fetched by cursor, so nothing waits."""

import asyncio
import os
import threading
from collections.abc import Callable, Mapping, Sequence

import structlog
from channels.layers import get_channel_layer
from django.db import transaction

from channels_bridge.events import Event
from core.lib.on_commit import background, hint_on_commit

log = structlog.get_logger(__name__)

SEND_SECONDS = 1.0
GATHER_SECONDS = 0.01


class Outbox:
    """Events that wait to go out: what comes close together leaves as one message per group."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[dict[str, object]]] = {}
        self._pid = 0

    def put(self, group: str, frame: dict[str, object]) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._waiting = os.getpid(), {}
            on_its_way = bool(self._waiting)
            self._waiting.setdefault(group, []).append(frame)
        if not on_its_way and not background.submit(self._flush(), what="live.events"):
            self._take()

    async def _flush(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        for group, frames in self._take().items():
            await send(group, {"type": "live.events", "events": frames})

    def _take(self) -> dict[str, list[dict[str, object]]]:
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        return waiting


outbox = Outbox()


def broadcast_on_commit(groups: Sequence[str], make: Callable[[], Event]) -> None:
    """Send the event once the running transaction is committed; never fails the caller.

    It is made only then: while it is, nobody waits for the database's lock.
    """

    def give() -> None:
        frame = make().to_dict()
        for group in groups:
            outbox.put(group, frame)

    hint_on_commit(give)


def recheck_on_commit(group: str) -> None:
    """Let the sockets of the group look again at whether they may stay open."""

    def start() -> None:
        background.submit(send(group, {"type": "access.recheck"}), what="access.recheck")

    transaction.on_commit(start, robust=True)


async def broadcast(group: str, event: Event) -> None:
    """For code that runs in an event loop and writes nothing, such as a consumer."""
    await send(group, {"type": "live.events", "events": [event.to_dict()]})


async def send(group: str, message: Mapping[str, object]) -> None:
    """The only call of `group_send`. A dead or frozen layer costs SEND_SECONDS and a log line."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer().group_send(group, message)
    except Exception as error:  # the layer may fail in any way; the rows hold the truth
        log.warning("broadcast_lost", group=group.split(".")[0], error=type(error).__name__)
