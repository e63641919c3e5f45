"""Looks after the rows of running answers: were they stopped, and what came since a second ago."""

import os
import threading
import time

import structlog
from django.db import Error, close_old_connections

from ai_chat.answering.outlet import Outlet, pump
from ai_chat.models import AIMessage

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.25
KEEP_SECONDS = 1.0
STREAMING = AIMessage.State.STREAMING


class Watch:
    """One thread for each process: one cheap SELECT for all of its answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._pid = 0
        self._seen: set[str] = set()
        self._kept: dict[str, int] = {}

    def begin(self) -> None:
        with self._lock:
            if self._pid != os.getpid():
                self._pid, self._some = os.getpid(), threading.Event()
                threading.Thread(target=self._run, name="chat-watch", daemon=True).start()
        self._some.set()

    def _run(self) -> None:
        kept_at = time.monotonic()
        while True:
            self._some.wait()
            time.sleep(LOOK_SECONDS)
            self._some.clear()
            outlets = pump.outlets()
            if not outlets:
                continue
            self._some.set()
            due = time.monotonic() - kept_at >= KEEP_SECONDS
            kept_at = time.monotonic() if due else kept_at
            self._round_guarded(outlets, keep=due)

    def _round_guarded(self, outlets: list[Outlet], *, keep: bool) -> None:
        try:
            self._round(outlets, keep=keep)
        except Error as error:  # the database is away for a moment: looked at again soon
            log.warning("chat_watch_failed", error=type(error).__name__)
        except Exception:  # without its watch no answer could be stopped any more
            log.exception("chat_watch_failed")

    def _round(self, outlets: list[Outlet], *, keep: bool) -> None:
        close_old_connections()
        try:
            self._look(outlets)
            if keep:
                self._keep(outlets)
        finally:
            close_old_connections()

    def _look(self, outlets: list[Outlet]) -> None:
        """A row that was never seen belongs to a transaction that still runs."""
        ids = {outlet.message.pk for outlet in outlets}
        rows = AIMessage.objects.filter(pk__in=ids)
        facts = rows.values_list("pk", "state", "claim_token", "chat__deleted_at")
        found = {pk: tuple(rest) for pk, *rest in facts}
        self._seen = (self._seen & ids) | set(found)
        self._kept = {pk: length for pk, length in self._kept.items() if pk in ids}
        for outlet in outlets:
            pk = outlet.message.pk
            if pk in self._seen and found.get(pk) != (STREAMING, outlet.message.claim_token, None):
                outlet.stopped = True

    def _keep(self, outlets: list[Outlet]) -> None:
        for outlet in outlets:
            message, text = outlet.message, outlet.text
            if len(text) > self._kept.get(message.pk, 0) and not outlet.stopped:
                rows = AIMessage.objects.filter(pk=message.pk, claim_token=message.claim_token)
                rows.filter(state=STREAMING).update(content=text)
                self._kept[message.pk] = len(text)


watch = Watch()
