"""Which businesses have endpoints, known without asking the database.

Kept per process and read again every LIFE seconds, after a commit, so that no transaction grows
by a statement; a process that was idle reads before it answers. A change is seen at once where it
was made, elsewhere within STALE seconds: for so long an event may be missing after switching on,
or come too much after switching off. The sender looks at the endpoint itself.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction

from messaging.models import WebhookEndpoint

LIFE = 10.0
STALE = 30.0


@dataclass(frozen=True, slots=True)
class Listener:
    """An endpoint; no names of events = all of them. `listens`: it is switched on; `problem`: why
    Deskbell switched it off."""

    endpoint_id: str
    name: str
    events: frozenset[str]
    listens: bool
    problem: str = ""


Known = Mapping[str, list[Listener]]


class Interest:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: Known | None = None
        self._read_at = self._asked_at = 0.0
        self._forgotten = 0

    def listeners(self, business_id: str) -> list[Listener]:
        """All endpoints of the business, also those that are off."""
        known, age = self._known, self._clock() - self._read_at
        if known is None or age > STALE:
            known = self._read()
        elif age > LIFE:
            self._read_later()
        return known.get(business_id, [])

    def forget(self) -> None:
        """Ask the database at the next event."""
        with self._lock:
            self._known, self._forgotten = None, self._forgotten + 1

    def know_none(self) -> None:
        """Start from no endpoints at all, as a test does."""
        with self._lock:
            self._known, self._read_at = {}, self._clock()

    def _read_later(self) -> None:
        with self._lock:
            if self._clock() - self._asked_at <= LIFE:
                return
            self._asked_at = self._clock()
        transaction.on_commit(self._read, robust=True)

    def _read(self) -> Known:
        began, forgotten = self._clock(), self._forgotten
        known = dict[str, list[Listener]]()
        for row in WebhookEndpoint.objects.defer("secrets"):
            known.setdefault(row.business_id, []).append(_listener(row))
        with self._lock:
            if forgotten == self._forgotten:  # else what was read may be older than the change
                self._known, self._read_at = known, began
        return known


def _listener(row: WebhookEndpoint) -> Listener:
    there = row.deleted_at is None
    listens, problem = row.is_active and there, row.disabled_reason if there else ""
    return Listener(row.pk, str(row), frozenset(row.events), listens, "" if listens else problem)


interest = Interest()


def wanting(business_id: str, event: str) -> list[str]:
    """Ids of the endpoints that hear of this event."""
    return [
        one.endpoint_id
        for one in interest.listeners(business_id)
        if one.listens and (not one.events or event in one.events)
    ]


def forget_interest() -> None:
    """Call it where an endpoint changed: now, for this transaction, and once it is committed."""
    interest.forget()
    transaction.on_commit(interest.forget, robust=True)
