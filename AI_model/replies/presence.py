"""What goes on beside a running answer: its claim is kept alive, and the customer sees typing."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import close_old_connections

from core.lib.heartbeat import Heartbeat
from messaging.adapters.registry import adapter_for
from messaging.models import Conversation
from messaging.services.reply import Claim, extend_claims
from messaging.signals import typing
from messaging.types import ChannelAccount

log = structlog.get_logger(__name__)

FIRST_AFTER = 0.3
EVERY = 4.0
TICK = 0.1
MOST_A_TICK = 2  # a flood is better spent on answers

heartbeat = Heartbeat(extend_claims, seconds=settings.CLAIM_SECONDS / 3)


class TypingIndicator:
    """One thread per process that shows typing for all of its running answers."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[float, Conversation, ChannelAccount]] = {}
        self._lock = threading.Condition()
        self._pid = 0

    @contextmanager
    def show(self, conversation: Conversation) -> Iterator[None]:
        account = conversation.channel.account()
        with self._lock:
            self._start_once()
            self._due[conversation.pk] = (time.monotonic() + FIRST_AFTER, conversation, account)
            self._lock.notify()
        try:
            yield
        finally:
            with self._lock:
                self._due.pop(conversation.pk, None)

    def _start_once(self) -> None:
        if self._pid != os.getpid():
            self._pid, self._due = os.getpid(), {}
            self._pool = ThreadPoolExecutor(4, thread_name_prefix="typing")
            threading.Thread(target=self._run, name="typing", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._due:
                    self._lock.wait()
                now = time.monotonic()
                due = [key for key, (at, _, _) in self._due.items() if at <= now]
                for key in due[:MOST_A_TICK]:
                    _, conversation, account = self._due[key]
                    self._due[key] = (now + EVERY, conversation, account)
                    self._pool.submit(_show, conversation, account)
            time.sleep(TICK)


def _show(conversation: Conversation, account: ChannelAccount) -> None:
    try:
        adapter_for(account.kind).show_typing(account, conversation.external_id)
        typing.send(sender=Conversation, conversation=conversation, by="AI")
    except Exception as error:  # the dots are a courtesy: the answer comes without them
        log.warning("typing_not_shown", error=type(error).__name__)
    finally:
        close_old_connections()


indicator = TypingIndicator()


@contextmanager
def beside(claim: Claim, conversation: Conversation) -> Iterator[None]:
    """Keep the claim and show typing until the block ends."""
    with heartbeat.keep(claim.token), indicator.show(conversation):
        yield
