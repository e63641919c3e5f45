"""Prometheus text, for this machine or whoever holds METRICS_TOKEN."""

import hmac
from collections.abc import Callable, Iterable

import structlog
from django.conf import settings
from django.db import Error as DatabaseUnusable
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import RedisError

from core.heart import heart_age
from core.lib.redis import redis_client
from messaging.models import Conversation, OutboundChunk

log = structlog.get_logger(__name__)

Gauge = Callable[[], GaugeMetricFamily]
LOOPBACK = {"127.0.0.1", "::1"}
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
HEARTS = ("beat", "sweeper")


def metrics(request: HttpRequest) -> HttpResponse:
    if not allowed(request):
        raise Http404
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def allowed(request: HttpRequest) -> bool:
    """The right token; or, when none is set, a client here without a proxy in between."""
    if settings.METRICS_TOKEN:
        given = request.META.get("HTTP_AUTHORIZATION", "").encode()
        return hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
    proxied = any(name in request.META for name in FORWARDED)
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not proxied


class Backlog(Collector):
    """What waits, counted when somebody asks."""

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """What can't be asked at present is left out, and `deskbell_up` says so."""
        up = GaugeMetricFamily("deskbell_up", "1 while this part answers", labels=["part"])
        for part, gauges in PARTS.items():
            found = measured(part, gauges)
            up.add_metric([part], 0 if found is None else 1)
            yield from found or []
        yield up


def measured(part: str, gauges: Iterable[Gauge]) -> list[GaugeMetricFamily] | None:
    """All of a part's gauges; None when it does not answer."""
    try:
        return [gauge() for gauge in gauges]
    except (RedisError, DatabaseUnusable) as error:
        log.warning("part_not_measured", part=part, error=type(error).__name__)
        return None


def queues() -> GaugeMetricFamily:
    family = GaugeMetricFamily("deskbell_queue_tasks", "Tasks waiting in a queue", labels=["queue"])
    for name in settings.QUEUES:
        family.add_metric([name], redis_client().llen(name))
    return family


def hearts() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "deskbell_heart_age_seconds", "Since the last heartbeat", labels=["part"]
    )
    for name in (*(f"worker.{queue}" for queue in settings.QUEUES), *HEARTS):
        if (age := heart_age(name)) is not None:
            family.add_metric([name], age)
    return family


def unanswered() -> GaugeMetricFamily:
    due = Conversation.objects.filter(status="active", last_customer_seq__gt=F("answered_seq"))
    return GaugeMetricFamily(
        "deskbell_conversations_unanswered", "Conversations that the AI owes an answer", due.count()
    )


def chunks() -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "deskbell_outbound_chunks", "Sends not settled yet", labels=["state"]
    )
    for state in ("queued", "sending"):
        family.add_metric([state], OutboundChunk.objects.filter(state=state).count())
    return family


PARTS: dict[str, tuple[Gauge, ...]] = {
    "broker": (queues, hearts),
    "database": (unanswered, chunks),
}
REGISTRY.register(Backlog())
