"""SQLite with a queue for writers.

SQLite lets one writer in at a time and has the others ask again every so often. With a hundred
threads asking, an unlucky one asks in vain for 20 seconds and gives up. Here the threads of a
process line up for their turn, and one of each process for the next one.
"""

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

WRITES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "REPLACE")
LONGEST_WAIT = 20.0
ASK_AGAIN = 0.0003


class Turnstile:
    """One writer at a time, and no process twice while another one waits."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._line: deque[threading.Event] = deque()
        self._busy = False
        self._pid = 0
        self._gate = self._turn = -1

    def enter(self) -> None:
        """Raises OperationalError when the turn does not come within LONGEST_WAIT seconds."""
        until = time.monotonic() + LONGEST_WAIT
        self._line_up(until)
        try:
            # Whoever is through the gate is next, so that nobody can push in between.
            _flock(self._gate, until)
            try:
                _flock(self._turn, until)
            finally:
                fcntl.flock(self._gate, fcntl.LOCK_UN)
        except BaseException:
            self._call_next()
            raise

    def leave(self) -> None:
        fcntl.flock(self._turn, fcntl.LOCK_UN)
        self._call_next()

    def _line_up(self, until: float) -> None:
        called = threading.Event()
        with self._lock:
            self._open_once()
            if not self._busy:
                self._busy = True
                return
            self._line.append(called)
        if called.wait(until - time.monotonic()):
            return
        with self._lock:
            if not called.is_set():
                self._line.remove(called)
                raise _locked()

    def _call_next(self) -> None:
        with self._lock:
            if self._line:
                self._line.popleft().set()
            else:
                self._busy = False

    def _open_once(self) -> None:
        """The files of this process: a lock of one's parent would count as one's own."""
        if self._pid != os.getpid():
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._gate, self._turn = (
                os.open(f"{self._path}-{name}", flags, 0o600) for name in ("gate", "turn")
            )
            self._pid, self._busy = os.getpid(), False
            self._line.clear()


def _flock(file: int, until: float) -> None:
    """Ask again and again: a lock that is waited for in the kernel knows no end of patience."""
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise _locked() from None
            time.sleep(ASK_AGAIN)


def _locked() -> OperationalError:
    return OperationalError("database is locked")


@cache
def turnstile_of(path: str) -> Turnstile:
    return Turnstile(path)


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes its turn with BEGIN IMMEDIATE and gives it back with the transaction's end."""

    in_turn = False

    def create_cursor(self, name: Any = None) -> Any:
        if self.is_in_memory_db():
            return super().create_cursor(name)
        cursor = self.connection.cursor(factory=QueueingCursor)
        cursor.wrapper = self
        return cursor

    def take_turn(self) -> None:
        self._turnstile.enter()
        self.in_turn = True

    def give_turn_back(self) -> None:
        if self.in_turn:
            self.in_turn = False
            self._turnstile.leave()

    @property
    def _turnstile(self) -> Turnstile:
        return turnstile_of(str(self.settings_dict["NAME"]))

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            if not self.connection.in_transaction:
                self.give_turn_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self.give_turn_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self.give_turn_back()


class QueueingCursor(base.SQLiteCursorWrapper):
    """Waits in line before what writes; statements within a transaction have their turn already."""

    wrapper: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        with self._turn(query):
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        with self._turn(query):
            return super().executemany(query, param_list)

    @contextmanager
    def _turn(self, query: str) -> Iterator[None]:
        if self.wrapper.in_turn or not query.startswith(WRITES):
            yield
            return
        self.wrapper.take_turn()
        try:
            yield
        finally:
            if not self.connection.in_transaction:
                self.wrapper.give_turn_back()
