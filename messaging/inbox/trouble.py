"""What a page has to speak of above everything else: dead channels, and notices."""

import zlib
from collections.abc import Iterable

from messaging.models import Channel
from messaging.services.notices import Notice


def dead_ones(channels: Iterable[Channel]) -> list[Channel]:
    """Channels that are switched on and need reconnecting."""
    return [one for one in channels if one.is_active and one.health == Channel.Health.DEAD]


def dead_mark(dead: Iterable[Channel], notices: Iterable[Notice] = ()) -> str:
    """Changes with what there is to say about them."""
    said = [f"{channel.pk} {channel} {channel.health_detail}" for channel in dead]
    said += [notice.text for notice in notices]
    return f"{zlib.crc32(chr(10).join(said).encode()):08x}"
