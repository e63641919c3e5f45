"""Frames of many groups in one round trip, from the thread that has them.

The layer's own sends go one by one through an event loop. Where fifty answers are written at once
its turns come so late that words pile up. What is published here is what `group_send` publishes
(channels_redis 4, pubsub.py: `<prefix>__group__<group>`, the message as the layer serialises it).
"""

import time
from collections.abc import Sequence
from typing import Any

import structlog
from channels.layers import get_channel_layer
from django.conf import settings
from redis import RedisError

from core.lib.redis import redis_client

log = structlog.get_logger(__name__)

PAUSE_SECONDS = 2.0
"""How long a Redis that failed is left alone, so that words don't wait for it."""

Frame = dict[str, object]


class Publisher:
    """Never fails: what gets lost is on the row."""

    def __init__(self) -> None:
        self._not_before = 0.0

    def publish(self, frames: Sequence[tuple[str, list[Frame]]]) -> None:
        """(group, its frames) of each."""
        if time.monotonic() < self._not_before:
            return
        try:
            self._send(frames)
        except RedisError as error:
            self._not_before = time.monotonic() + PAUSE_SECONDS
            log.warning("broadcast_lost", group="ai-chat", error=type(error).__name__)

    def _send(self, frames: Sequence[tuple[str, list[Frame]]]) -> None:
        layer, pipe = get_channel_layer(), redis_client().pipeline(transaction=False)
        config: Any = settings.CHANNEL_LAYERS["default"]
        prefix = config["CONFIG"]["prefix"]
        for group, events in frames:
            message = layer.serialize({"type": "live.events", "events": events})
            pipe.publish(f"{prefix}__group__{group}", message)
        pipe.execute()


publisher = Publisher()
