"""Finds work that is due though nobody works on it, and rings again.

Rings can get lost: a broker restarted or emptied, a worker killed. The rows can't. While the broker
is away the sweeper does the work itself, so that customers are answered without it.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog
from celery import Task
from django.db import Error, close_old_connections
from redis import RedisError

from core.heart import beat_heart
from core.lease import give_back_lease, take_lease
from core.lib.ids import new_id
from core.lib.redis import redis_client
from core.lib.sweeping import Sweep, registered_sweeps

log = structlog.get_logger(__name__)

EVERY = 1.0
LEASE_SECONDS = 6.0
GRACE_SECONDS = 2.0
GRACE_WITHOUT_BROKER = 0.2
FIRST_RING_AGAIN = 5.0
LAST_RING_AGAIN = 60.0
OWN_THREADS = 16


@dataclass(slots=True)
class Rung:
    """When a row was rung for, and how long to wait before the next ring (seconds, monotonic)."""

    at: float
    pause: float = FIRST_RING_AGAIN


@dataclass(slots=True)
class Sweeper:
    """One round a second for as long as `keep_on` is true."""

    holder: str = field(default_factory=new_id)
    keep_on: bool = True
    _broker: bool = True
    _rung: dict[tuple[str, str], Rung] = field(default_factory=dict)
    _busy: dict[tuple[str, str], Future[None]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(OWN_THREADS))

    def run(self) -> None:
        while self.keep_on:
            started = time.monotonic()
            self._round_guarded()
            time.sleep(max(0.0, EVERY - (time.monotonic() - started)))
        self._pool.shutdown(wait=True)
        give_back_lease("sweeper", holder=self.holder)

    def _round_guarded(self) -> None:
        close_old_connections()
        try:
            self.round()
        except Error as error:  # the database is away; the next round tries again
            log.warning("sweep_failed", error=type(error).__name__)
        finally:
            close_old_connections()

    def round(self) -> int:
        """Look once at everything that may be due; the number of rows rung for or done."""
        self._broker = broker_answers()
        if self._broker:
            beat_heart("sweeper")
        if not take_lease("sweeper", holder=self.holder, seconds=LEASE_SECONDS):
            return 0
        return sum(self._sweep(sweep) for sweep in registered_sweeps())

    def _sweep(self, sweep: Sweep) -> int:
        grace = GRACE_SECONDS if self._broker else GRACE_WITHOUT_BROKER
        due = list(sweep.find_due(older_than=grace))
        self._forget(sweep.name, due)
        count = 0
        for row_id in due:
            key = (sweep.name, row_id)
            if self._ring(sweep.task, key) if self._broker else self._do(sweep.task, key):
                count += 1
        if count:
            log.info("swept", sweep=sweep.name, count=count, broker=self._broker)
        return count

    def _forget(self, name: str, due: list[str]) -> None:
        still = {(name, row_id) for row_id in due}
        for key in [key for key in self._rung if key[0] == name and key not in still]:
            del self._rung[key]
        for key in [key for key, work in self._busy.items() if work.done() and key not in still]:
            del self._busy[key]

    def _ring(self, task: Task, key: tuple[str, str]) -> bool:
        """Ring unless it was done a moment ago; for a row that stays due ever more rarely."""
        now, before = time.monotonic(), self._rung.get(key)
        if before and now - before.at < before.pause:
            return False
        pause = min(before.pause * 2, LAST_RING_AGAIN) if before else FIRST_RING_AGAIN
        self._rung[key] = Rung(now, pause)
        try:
            task.apply_async(args=(key[1],), retry=False)
        except Exception as error:  # whatever the broker does, the row stays due
            log.warning("ring_lost", task=task.name, error=type(error).__name__)
            # A frozen broker costs seconds for each ring: the rest of the round does without it.
            self._broker = False
            return self._do(task, key)
        return True

    def _do(self, task: Task, key: tuple[str, str]) -> bool:
        """Do it here, in a thread of our own, unless that is going on already."""
        running = self._busy.get(key)
        if running is not None and not running.done():
            return False
        self._busy[key] = self._pool.submit(_run_guarded, task, key[1])
        return True


def _run_guarded(task: Task, row_id: str) -> None:
    close_old_connections()
    try:
        task.run(row_id)
    except Exception:
        log.exception("sweep_work_failed", task=task.name, row_id=row_id)
    finally:
        close_old_connections()


def broker_answers() -> bool:
    try:
        return bool(redis_client().ping())
    except RedisError:
        return False
