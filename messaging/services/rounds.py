"""The doctor's rounds: which channels are due, a share at a time, so that a thousand make no rush.

A round begins every minute; a channel is looked at about every three. So whatever breaks shows
within five minutes, the time that an open page takes to learn of it included.
"""

from datetime import timedelta
from math import ceil

from django.db.models import F, Q
from django.utils import timezone

from messaging.models import Channel
from messaging.services.channels import WEBHOOKS

EVERY = timedelta(minutes=2, seconds=30)
ROUNDS = 3
FEWEST = 20
BATCH = 10
SPREAD_SECONDS = 45.0


def take_due() -> list[str]:
    """Ids of this round's channels, the longest unseen first; no other round takes them too."""
    now = timezone.now()
    live = Channel.objects.filter(kind__in=WEBHOOKS, is_active=True)
    share = max(FEWEST, ceil(live.count() / ROUNDS))
    due = live.filter(Q(checked_at=None) | Q(checked_at__lt=now - EVERY))
    oldest = F("checked_at").asc(nulls_first=True)
    ids = list(due.order_by(oldest, "pk").values_list("pk", flat=True)[:share])
    Channel.objects.filter(pk__in=ids).update(checked_at=now)
    return ids


def batches(ids: list[str]) -> list[tuple[float, tuple[str, ...]]]:
    """The ids in small batches, each with the seconds after which it begins."""
    parts = [tuple(ids[at : at + BATCH]) for at in range(0, len(ids), BATCH)]
    step = SPREAD_SECONDS / max(len(parts), 1)
    return [(number * step, part) for number, part in enumerate(parts)]
