"""Heartbeats of the long-running processes, kept in Redis and aged by Redis's own clock."""

import threading
import time
from typing import Any

import structlog
from celery import signals
from redis import RedisError

from core.lib.redis import redis_client

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3.0
STALE_AFTER_SECONDS = 15.0
KEPT_MS = 3_600_000


def beat_heart(name: str) -> bool:
    """Say that `name` is alive; False when Redis could not be told."""
    try:
        redis_client().set(f"heart:{name}", b"1", px=KEPT_MS)
    except RedisError as error:
        log.warning("heartbeat_lost", name=name, error=type(error).__name__)
        return False
    return True


def heart_age(name: str) -> float | None:
    """Seconds since the last beat, None when there was none for an hour. Raises RedisError."""
    left = redis_client().pttl(f"heart:{name}")
    return None if left < 0 else max(0.0, (KEPT_MS - left) / 1000)


def keep_beating(*names: str) -> None:
    """Beat for the rest of this process's life, from a thread of its own."""

    def run() -> None:
        while True:
            for name in names:
                beat_heart(name)
            time.sleep(EVERY_SECONDS)

    threading.Thread(target=run, name="heart", daemon=True).start()


@signals.worker_ready.connect
def worker_is_ready(sender: Any, **_: Any) -> None:
    queues = sender.app.amqp.queues.consume_from
    keep_beating(*(f"worker.{name}" for name in queues))


@signals.beat_init.connect
def beat_is_ready(**_: Any) -> None:
    keep_beating("beat")
