"""Keeps the leases of running work alive: one thread per process, one statement per beat."""

import os
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import structlog
from django.db import Error, close_old_connections

log = structlog.get_logger(__name__)


class Heartbeat:
    """`with heartbeat.keep(token):` extends the token's lease every `seconds` in the block."""

    def __init__(self, extend: Callable[[Collection[str]], None], *, seconds: float) -> None:
        self._extend = extend
        self._seconds = seconds
        self._tokens: set[str] = set()
        self._lock = threading.Lock()
        self._pid = 0

    @contextmanager
    def keep(self, token: str) -> Iterator[None]:
        with self._lock:
            self._tokens.add(token)
            if self._pid != os.getpid():
                self._pid = os.getpid()
                self._tokens = {token}
                threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                self._tokens.discard(token)

    def _beat(self) -> None:
        pause = threading.Event()
        while not pause.wait(self._seconds):
            with self._lock:
                tokens = list(self._tokens)
            if tokens:
                self._extend_guarded(tokens)

    def _extend_guarded(self, tokens: list[str]) -> None:
        """The thread outlives whatever goes wrong: without it every lease would end."""
        try:
            close_old_connections()
            self._extend(tokens)
            close_old_connections()
        except Error as error:  # a missed beat: the lease has room for two
            log.warning("heartbeat_missed", error=type(error).__name__)
        except Exception:
            log.exception("heartbeat_failed")
