"""The Celery application; every app's `tasks.py` is found by itself."""

import os
from typing import Any

from celery import Celery, signals

import core.heart  # noqa: F401  connects the heartbeats

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")

app = Celery("deskbell")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def leave_logging_to_django(**_: Any) -> None:
    """A receiver here is what keeps Celery from putting up handlers of its own."""
