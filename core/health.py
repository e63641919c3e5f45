"""Alive: this process answers. Ready: everything that an answer to a customer needs is there."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from redis import RedisError

from core.heart import STALE_AFTER_SECONDS, beat_heart, heart_age
from core.lib.ids import new_id
from core.lib.redis import redis_client

__all__ = ["alive", "beat_heart", "ready"]

LIMIT_SECONDS = 2.5


@dataclass(frozen=True)
class State:
    """`state` is "ok" or "down"; `age` in seconds: since the last beat, or of the check."""

    state: str
    age: float | None = None
    detail: str = ""


def alive(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    parts = inspect()
    good = all(part.state == "ok" for part in parts.values())
    body = {
        "status": "ok" if good else "down",
        "parts": {name: _shown(part) for name, part in parts.items()},
    }
    return JsonResponse(body, status=200 if good else 503, headers={"Cache-Control": "no-store"})


def _shown(part: State) -> dict[str, Any]:
    shown = asdict(part)
    if not part.detail:
        del shown["detail"]
    return shown


def inspect() -> dict[str, State]:
    """The state of every part; all checks run side by side and none takes longer than the limit."""
    started = time.monotonic()
    pending = {name: probe.start() for name, probe in PROBES.items()}
    return {name: _result(future, started) for name, future in pending.items()}


def _result(future: "Future[State]", started: float) -> State:
    try:
        return future.result(timeout=max(0.0, started + LIMIT_SECONDS - time.monotonic()))
    except FutureTimeout:
        return State("down", detail=f"no answer within {LIMIT_SECONDS:g} seconds")


class Probe:
    """One check on one thread: while it hangs, nobody starts a second."""

    def __init__(self, check: Callable[[], State]) -> None:
        self._check = check
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe")
        self._running: Future[State] | None = None

    def start(self) -> "Future[State]":
        with self._lock:
            if self._running is None or self._running.done():
                self._running = self._thread.submit(self._guarded)
            return self._running

    def _guarded(self) -> State:
        try:
            return self._check()
        except Exception as error:  # whatever went wrong, the part is down
            return State("down", detail=f"{type(error).__name__}")


def database() -> State:
    started = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()
    return _took(started)


def broker() -> State:
    started = time.monotonic()
    redis_client().ping()
    return _took(started)


def channel_layer() -> State:
    """A message through Redis's pub/sub, which carries the live events."""
    started = time.monotonic()
    name = f"live.health.{new_id()}"
    with redis_client().pubsub(ignore_subscribe_messages=True) as listener:  # type: ignore[no-untyped-call]
        listener.subscribe(name)
        listener.get_message(timeout=1)
        redis_client().publish(name, b"1")
        if listener.get_message(timeout=1) is None:
            raise RedisError("no echo")
    return _took(started)


def worker() -> State:
    """Every queue has a worker that beats; the age is that of the oldest beat."""
    ages = {queue: heart_age(f"worker.{queue}") for queue in settings.QUEUES}
    missing = [queue for queue, age in ages.items() if age is None or age > STALE_AFTER_SECONDS]
    known = [age for age in ages.values() if age is not None]
    oldest = round(max(known), 1) if known else None
    if missing:
        return State("down", oldest, f"no worker takes from: {', '.join(missing)}")
    return State("ok", oldest)


def heart(name: str) -> Callable[[], State]:
    def check() -> State:
        age = heart_age(name)
        if age is None:
            return State("down", detail="no heartbeat yet")
        return State("ok" if age <= STALE_AFTER_SECONDS else "down", round(age, 1))

    return check


def _took(started: float) -> State:
    return State("ok", round(time.monotonic() - started, 3))


PROBES = {
    "database": Probe(database),
    "broker": Probe(broker),
    "channel_layer": Probe(channel_layer),
    "worker": Probe(worker),
    "beat": Probe(heart("beat")),
    "sweeper": Probe(heart("sweeper")),
}
