"""What has come of answers that are being written, in Redis: a page that comes back reads it there.

The row holds the same at most a second later, so a Redis that is away costs freshness only.
"""

import time
from collections.abc import Iterable, Sequence
from typing import cast

import structlog
from redis import RedisError

from ai_chat.models import AIMessage
from core.lib.redis import redis_client

log = structlog.get_logger(__name__)

KEPT_SECONDS = 600
PAUSE_SECONDS = 2.0
"""How long a Redis that failed is left alone, so that words don't wait for it."""


def live_text(message_id: str) -> str:
    """ "" when there is none, or nobody can tell."""
    try:
        raw = cast(bytes | None, redis_client().get(_key(message_id)))
    except RedisError as error:
        log.warning("live_text_unread", error=type(error).__name__)
        return ""
    return (raw or b"").decode(errors="ignore")


def overlay(messages: Iterable[AIMessage]) -> None:
    """Give those that are being written the words that their rows don't have yet."""
    for message in messages:
        if message.state == AIMessage.State.STREAMING:
            message.content = max(message.content, live_text(message.pk), key=len)


class LiveTexts:
    """The writing side, one for each process."""

    def __init__(self) -> None:
        self._not_before = 0.0

    def add(self, grown: Sequence[tuple[str, str, str]]) -> None:
        """(message id, new words, all words) of each; never fails, and gives up for a moment when
        Redis is away."""
        if time.monotonic() < self._not_before:
            return
        try:
            self._append(grown)
        except RedisError as error:
            self._not_before = time.monotonic() + PAUSE_SECONDS
            log.warning("live_text_lost", error=type(error).__name__)

    def forget(self, message_id: str) -> None:
        if time.monotonic() < self._not_before:
            return
        try:
            redis_client().delete(_key(message_id))
        except RedisError as error:
            self._not_before = time.monotonic() + PAUSE_SECONDS
            log.warning("live_text_kept", error=type(error).__name__)

    def _append(self, grown: Sequence[tuple[str, str, str]]) -> None:
        pipe = redis_client().pipeline(transaction=False)
        for message_id, new, _ in grown:
            pipe.append(_key(message_id), new.encode())
            pipe.expire(_key(message_id), KEPT_SECONDS)
        lengths = pipe.execute()[::2]
        for (message_id, _, text), length in zip(grown, lengths, strict=True):
            whole = text.encode()
            if length != len(whole):  # a batch got lost, or Redis forgot
                redis_client().set(_key(message_id), whole, ex=KEPT_SECONDS)


live = LiveTexts()


def _key(message_id: str) -> str:
    return f"chat:live:{message_id}"
