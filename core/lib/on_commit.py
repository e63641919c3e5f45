"""The only way to start something from code that writes: after the commit, and never in its way.

What is rung here is a hint: the row says what is due, and the sweeper rings again for whatever
got lost. So a ring is handed to one background thread per process, and a dead or frozen broker
costs the caller nothing.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from celery import Task
from django.db import transaction

log = structlog.get_logger(__name__)

MAX_WAITING = 10_000


class BackgroundLoop:
    """One event loop on a daemon thread, made on first use and again after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting = 0

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop, self._pid, self._waiting = asyncio.new_event_loop(), os.getpid(), 0
                threading.Thread(target=self._loop.run_forever, name="bell", daemon=True).start()
            return self._loop

    def submit(self, coroutine: Coroutine[Any, Any, None], *, what: str) -> bool:
        """Run it soon; drop it (False, and a log line) when too much is waiting already."""
        loop = self.loop()
        if self._waiting >= MAX_WAITING:
            coroutine.close()
            log.warning("hint_dropped", what=what)
            return False
        self._waiting += 1
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        future.add_done_callback(lambda done: self._finished(done, what))
        return True

    def _finished(self, done: Any, what: str) -> None:
        self._waiting -= 1
        if not done.cancelled() and (error := done.exception()) is not None:
            log.warning("hint_lost", what=what, error=type(error).__name__)


background = BackgroundLoop()


class Bell:
    """Publishes task messages from one thread of its own."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._queue: list[Callable[[], None]] = []
        self._pid = 0

    def ring(self, task: Task, *args: str, countdown: float = 0) -> None:
        """Ask for `task(*args)`; args are ids only."""
        with self._condition:
            if self._pid != os.getpid():
                self._queue, self._pid = [], os.getpid()
                threading.Thread(target=self._publish, name="publisher", daemon=True).start()
            if len(self._queue) < MAX_WAITING:
                self._queue.append(lambda: _publish_task(task, args, countdown))
                self._condition.notify()

    def _publish(self) -> None:
        while True:
            with self._condition:
                while not self._queue:
                    self._condition.wait()
                batch, self._queue = self._queue, []
            for publish in batch:
                publish()


def _publish_task(task: Task, args: tuple[str, ...], countdown: float) -> None:
    try:
        task.apply_async(args=args, countdown=countdown or None, retry=False)
    except Exception as error:  # the broker is away: the sweeper rings again
        log.warning("ring_lost", task=task.name, error=type(error).__name__)


bell = Bell()


class _Held(threading.local):
    hints: list[Callable[[], None]] | None = None


_held = _Held()


@contextmanager
def hints_held() -> Iterator[None]:
    """Give what this thread's commits start only at the end of the block.

    For many transactions in a row: publishing in the background would compete with them.
    """
    if _held.hints is not None:
        yield
        return
    _held.hints = []
    try:
        yield
    finally:
        hints, _held.hints = _held.hints, None
        for hint in hints:
            hint()


def hint_on_commit(hint: Callable[[], None]) -> None:
    """Call `hint`, which may not fail, once the running transaction is committed."""

    def give() -> None:
        if _held.hints is None:
            hint()
        else:
            _held.hints.append(hint)

    transaction.on_commit(give, robust=True)


def delay_on_commit(task: Task, *args: str, countdown: float = 0) -> None:
    """Start `task(*args)` once the running transaction is committed; at once without one."""
    hint_on_commit(lambda: bell.ring(task, *args, countdown=countdown))
