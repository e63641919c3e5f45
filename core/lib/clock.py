"""Deadlines on the monotonic clock, and lease times on the database's."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now


def database_now(*, plus: float = 0.0) -> "ExpressionWrapper[Any]":
    """The database's own time `plus` seconds, so that leases agree between machines."""
    return ExpressionWrapper(Now() + timedelta(seconds=plus), output_field=DateTimeField())


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock by which a piece of work has to end."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed(self) -> bool:
        return self.remaining() <= 0
