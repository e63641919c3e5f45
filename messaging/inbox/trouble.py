"""Which channels a page has to speak of."""

import zlib
from collections.abc import Iterable

from messaging.models import Channel


def dead_ones(channels: Iterable[Channel]) -> list[Channel]:
    """Channels that are switched on and need reconnecting."""
    return [one for one in channels if one.is_active and one.health == Channel.Health.DEAD]


def dead_mark(dead: Iterable[Channel]) -> str:
    """Changes with what there is to say about them."""
    said = "\n".join(f"{channel.pk} {channel} {channel.health_detail}" for channel in dead)
    return f"{zlib.crc32(said.encode()):08x}"
