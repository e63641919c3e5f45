"""Tokens that end: renewing them in time. Meta's last 60 days and can be renewed after one
(.../instagram-platform/reference/refresh_access_token); an ended one can't be."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.lib.errors import DomainError
from messaging.adapters.registry import adapter_for
from messaging.models import Channel
from messaging.services.findings import CONNECT_AGAIN, REFRESH_AGE, WARN_BEFORE
from messaging.signals import channel_died
from messaging.types import FreshToken

log = structlog.get_logger(__name__)

RENEWABLE = Channel.Kind.INSTAGRAM


def refresh_due(channel: Channel, now: datetime) -> bool:
    """Whether the token is to be renewed now: it ends soon, or nobody knows when it ends."""
    renewed = channel.token_renewed_at or channel.created_at
    lasts = channel.settings.get("flavour") == "facebook_login"
    if channel.kind != RENEWABLE or lasts or now - renewed < REFRESH_AGE:
        return False
    ends = channel.token_expires_at
    return ends is None or now < ends <= now + WARN_BEFORE


def refresh_token(*, channel: Channel) -> str:
    """Renew the channel's token and keep it; "" or why that did not work. Raises nothing of theirs.

    A token that somebody entered meanwhile stays.
    """
    try:
        fresh = adapter_for(channel.kind).refresh_token(channel.account())
    except DomainError as error:
        _remember(channel, error.detail)
        return error.detail
    if fresh is not None:
        _keep(channel, fresh)
    return ""


def refresh_tokens() -> dict[str, int]:
    """Renew every token that is due; counts of renewed, failed and ended ones."""
    counts = {"renewed": 0, "failed": 0, "ended": mark_ended()}
    for channel in _candidates():
        try:
            problem = _refresh_if_due(channel)
        except Exception:
            log.exception("token_refresh_failed", channel_id=channel.pk)
            problem = "fault"
        if problem is not None:
            counts["failed" if problem else "renewed"] += 1
    return counts


def mark_ended() -> int:
    """Channels whose token has ended are dead: nothing but a new one helps."""
    ended = Channel.objects.filter(is_active=True, token_expires_at__lte=timezone.now())
    alive = ended.exclude(health=Channel.Health.DEAD)
    return sum(_end(alive, channel) for channel in alive.defer("secrets"))


def _end(alive: QuerySet[Channel], channel: Channel) -> int:
    channel.health = Channel.Health.DEAD
    channel.health_detail = f"The token has ended. {CONNECT_AGAIN}"
    with transaction.atomic():
        ended = alive.filter(pk=channel.pk).update(
            health=channel.health, health_detail=channel.health_detail
        )
        if ended:
            channel_died.send(sender=Channel, channel=channel)
    return ended


def _candidates() -> QuerySet[Channel]:
    now = timezone.now()
    soon = Q(token_expires_at=None) | Q(
        token_expires_at__gt=now, token_expires_at__lte=now + WARN_BEFORE
    )
    rows = Channel.objects.filter(soon, kind=RENEWABLE, is_active=True)
    return rows.defer("secrets").order_by("token_expires_at", "pk")


def _refresh_if_due(channel: Channel) -> str | None:
    """None where nothing was due."""
    if not refresh_due(channel, timezone.now()):
        return None
    problem = refresh_token(channel=channel)
    if problem:
        log.warning("token_not_renewed", channel_id=channel.pk, detail=problem)
    return problem


def _keep(channel: Channel, fresh: FreshToken) -> None:
    with transaction.atomic():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        if row.secrets.get("token") != channel.secrets.get("token"):
            return
        now = timezone.now()
        row.secrets = {**row.secrets, "token": fresh.token}
        row.token_renewed_at, row.token_expires_at = now, _end_of(fresh, now)
        row.checkup = {name: value for name, value in row.checkup.items() if name != "refresh"}
        changed = ("secrets", "token_renewed_at", "token_expires_at", "checkup")
        row.save(update_fields=changed)
    for name in changed:
        setattr(channel, name, getattr(row, name))


def _end_of(fresh: FreshToken, now: datetime) -> datetime | None:
    return now + timedelta(seconds=fresh.expires_in) if fresh.expires_in is not None else None


def _remember(channel: Channel, problem: str) -> None:
    channel.checkup = {**channel.checkup, "refresh": problem[:300]}
    Channel.objects.filter(pk=channel.pk).update(checkup=channel.checkup)
