"""Words of a running answer on their way out: the first at once, the rest in batches."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from ai_chat.answering.live import live
from ai_chat.models import AIMessage
from ai_chat.signals import Grown, answers_grew
from core.lib.decoding import clean_text

log = structlog.get_logger(__name__)

BATCH_SECONDS = 0.04
TICK_SECONDS = 0.02
FEW = 20
"""So many answers at once have batches of BATCH_SECONDS; with more of them the batches grow, so
that first words don't stand in line behind everybody's later ones."""


class Outlet:
    """The words of one answer. Its writer adds, the pump and the watch read."""

    def __init__(self, message: AIMessage, revision: int) -> None:
        self.message, self.revision = message, revision
        self.stopped = False
        self.first_word_at: float | None = None
        self.given_at = 0.0
        self.giving = threading.Lock()
        self.given = 0
        self._lock = threading.Lock()
        self._pieces: list[str] = []
        self._length = 0

    @property
    def has_more(self) -> bool:
        """Whether there are words that were not given out."""
        return self._length > self.given

    @property
    def text(self) -> str:
        with self._lock:
            self._pieces = ["".join(self._pieces)]
            return self._pieces[0]

    def add(self, piece: str) -> bool:
        """Take some words; False when nobody wants more."""
        words = clean_text(piece)
        if words and not self.stopped:
            with self._lock:
                self._pieces.append(words)
                self._length += len(words)
            self._pass_on()
        return not self.stopped

    def _pass_on(self) -> None:
        if self.first_word_at is not None:
            pump.wake()
            return
        self.first_word_at = time.monotonic()
        give_out([self])


@dataclass(frozen=True, slots=True)
class Batch:
    """New words of an answer, after `offset` characters; `text` is all of it."""

    outlet: Outlet
    offset: int
    words: str
    text: str

    @property
    def grown(self) -> Grown:
        message, revision = self.outlet.message, self.outlet.revision
        return Grown(message.chat_id, message.pk, revision, self.offset, self.words)


def give_out(outlets: Sequence[Outlet], *, patient: bool = True) -> None:
    """What is new, into Redis and then to whoever watches: a page that reads in between has it.

    Batches of an answer leave one after the other; who is not `patient` leaves it to the next time.
    """
    held = [outlet for outlet in outlets if outlet.giving.acquire(blocking=patient)]
    try:
        batches = [batch for outlet in held if (batch := _take(outlet)).words]
        if batches:
            live.add([(batch.outlet.message.pk, batch.words, batch.text) for batch in batches])
            answers_grew.send(sender=AIMessage, grown=[batch.grown for batch in batches])
    finally:
        for outlet in held:
            outlet.giving.release()


def _take(outlet: Outlet) -> Batch:
    text, before = outlet.text, outlet.given
    outlet.given, outlet.given_at = len(text), time.monotonic()
    return Batch(outlet, before, text[before:], text)


class Pump:
    """One thread for each process that gives out what has gathered, for all of its answers."""

    def __init__(self) -> None:
        self._open: dict[str, Outlet] = {}
        self._lock = threading.Lock()
        self._due = threading.Event()
        self._pid = 0

    @contextmanager
    def running(self, outlet: Outlet) -> Iterator[None]:
        """Until the block ends; then the last words go out."""
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._open, self._due = os.getpid(), {}, threading.Event()
                threading.Thread(target=self._run, name="chat-pump", daemon=True).start()
            self._open[outlet.message.pk] = outlet
        try:
            yield
        finally:
            with self._lock:
                self._open.pop(outlet.message.pk, None)
            give_out([outlet])

    def wake(self) -> None:
        if not self._due.is_set():  # setting takes a lock, which the words of fifty would wait for
            self._due.set()

    def outlets(self) -> list[Outlet]:
        with self._lock:
            return list(self._open.values())

    def _run(self) -> None:
        while True:
            self._due.wait()
            time.sleep(TICK_SECONDS)
            self._due.clear()
            try:
                self._tick()
            except Exception:  # one bad batch must not end the words of all others
                log.exception("chat_pump_failed")

    def _tick(self) -> None:
        """Each answer has its own moments, so that the batches of many don't come all at once."""
        outlets = [outlet for outlet in self.outlets() if outlet.has_more]
        pause = BATCH_SECONDS * max(1.0, len(self._open) / FEW)
        ripe_before = time.monotonic() - pause + TICK_SECONDS / 2
        ripe = [outlet for outlet in outlets if outlet.given_at <= ripe_before]
        give_out(ripe, patient=False)
        if any(outlet.has_more for outlet in outlets):
            self.wake()


pump = Pump()
