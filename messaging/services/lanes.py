"""One lane per conversation for sending, and the pace that a platform allows."""

import time
from collections.abc import Collection

from django.db.models import Q

from core.lib.clock import database_now
from core.lib.hands import waiting
from core.lib.heartbeat import Heartbeat
from core.lib.ratelimit import reserve_all
from messaging.adapters.registry import adapter_for
from messaging.models import Channel, Conversation

LANE_SECONDS = 15.0
LONGEST_PAUSE = 5.0


def extend_lanes(tokens: Collection[str]) -> None:
    """The heartbeat of running sends."""
    Conversation.objects.filter(lane_token__in=list(tokens)).update(
        lane_until=database_now(plus=LANE_SECONDS)
    )


heartbeat = Heartbeat(extend_lanes, seconds=LANE_SECONDS / 3)


def lane_is_free() -> Q:
    return Q(lane_token="") | Q(lane_until__lt=database_now())


def is_down(channel: Channel) -> bool:
    """Whether what is to be sent has to wait until somebody reconnects the channel.

    A channel that is dead only because nothing is delivered to us may still send.
    """
    refuses = channel.health == Channel.Health.DEAD and channel.sends_refused_at is not None
    return refuses or not channel.is_active


def is_working(prefix: str = "") -> Q:
    """The rows of which `is_down` is False, where `prefix` leads to the channel."""
    refuses = {f"{prefix}health": Channel.Health.DEAD, f"{prefix}sends_refused_at__isnull": False}
    return Q(**{f"{prefix}is_active": True}) & ~Q(**refuses)


def free_lane(conversation_id: str, lane: str) -> None:
    Conversation.objects.filter(pk=conversation_id, lane_token=lane).update(
        lane_token="", lane_until=None
    )


def reserve_turn(conversation: Conversation) -> float:
    """Seconds until account and thread may send again, shared by all workers."""
    pace = adapter_for(conversation.channel.kind).pace
    account = f"send:{conversation.channel_id}"
    paces = {account: pace.account_per_second}
    paces[f"{account}:{conversation.external_id}"] = pace.thread_per_second
    limited = {key: rate for key, rate in paces.items() if rate}
    return reserve_all(limited, max_wait=LONGEST_PAUSE)


def wait_for_turn(conversation: Conversation) -> bool:
    """Reserve a turn and wait for it; False when it is too far off to wait here."""
    pause = reserve_turn(conversation)
    if 0 < pause <= LONGEST_PAUSE:
        with waiting():
            time.sleep(pause)
    return pause <= LONGEST_PAUSE
