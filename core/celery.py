"""The Celery application; every app's `tasks.py` is found by itself."""

import os
from typing import Any

from celery import Celery, signals
from kombu.transport import redis

import core.heart  # noqa: F401  connects the heartbeats
from core.memory import settle_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")


class Channel(redis.Channel):
    """Kombu makes a client for every message, which costs as much as publishing it."""

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._kept_client is None or self._kept_client.connection_pool is not self.pool:
            self._kept_client = super()._create_client()  # type: ignore[no-untyped-call]
        return self._kept_client

    _kept_client: Any = None


redis.Transport.Channel = Channel

app = Celery("deskbell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_ready.connect
def settle(**_: Any) -> None:
    settle_memory()


@signals.setup_logging.connect
def leave_logging_to_django(**_: Any) -> None:
    """A receiver here is what keeps Celery from putting up handlers of its own."""
