"""The sender: claim a row for a while, post it signed, write down what came of it.

At least once, in no promised order. Who dies in between leaves a lease that lapses, and the
delivery goes out again under the same id. An endpoint gets few at a time, a failing one gets one,
and one process sends few altogether: whoever answers slowly holds up nobody else.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, Q
from django.utils import timezone

from core.lib.clock import Deadline, database_now
from core.lib.errors import DomainError
from core.lib.hands import waiting
from core.lib.http import fetch
from core.lib.on_commit import delay_on_commit
from messaging.hooks.interest import forget_interest
from messaging.hooks.signing import secrets_in_use, signed_headers
from messaging.hooks.verdicts import PAUSES, State, Tried, Verdict, judge, retry_after_of
from messaging.models import WebhookDelivery, WebhookEndpoint

log = structlog.get_logger(__name__)

SECONDS = 10.0
LEASE_SECONDS = 30.0
"""Longer than a send can take; after it another worker may try."""
AT_ONCE, AT_ONCE_FAILING = 3, 1
# The sweeper's own threads also answer customers while the broker is away.
SLOTS = 4 if settings.PART == "sweeper" else 24
GO_ON_SECONDS = 6.0
LONGEST_LOG = 40
STOPPED = "The worker stopped before the end."
OFF = "The endpoint is switched off."
_slots = BoundedSemaphore(SLOTS)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until its lease lapses, and where it goes."""

    delivery: WebhookDelivery
    endpoint: WebhookEndpoint


def send(*, delivery_id: str) -> None:
    """Send this delivery, then what else its endpoint waits for, for some seconds."""
    from messaging.hooks.tasks import send_delivery  # tasks import this module

    with _slot() as free:
        deadline = Deadline.after(GO_ON_SECONDS)
        next_id: str | None = delivery_id if free else None
        while next_id and not deadline.passed and (claimed := claim(next_id)) is not None:
            settle(claimed, post(claimed))
            next_id = next_due(claimed.endpoint.pk)
    if next_id and deadline.passed:
        delay_on_commit(send_delivery, next_id)


@contextmanager
def _slot() -> Iterator[bool]:
    """Whether this process may send one more now; if not, the sweeper asks again."""
    free = _slots.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            _slots.release()


def unheld() -> Q:
    """Waits, and nobody is sending it."""
    return Q(state=State.WAITING) & (Q(lease_until=None) | Q(lease_until__lt=database_now()))


def due(*, older_than: float = 0.0) -> Q:
    return unheld() & Q(due_at__lte=database_now(plus=-older_than))


def next_due(endpoint_id: str) -> str | None:
    rows = WebhookDelivery.objects.filter(due(), endpoint_id=endpoint_id)
    return rows.order_by("due_at").values_list("pk", flat=True).first()


def deliveries_due(*, older_than: float, limit: int = 500) -> list[str]:
    """One due delivery of each endpoint: who sends it goes on with the others."""
    rows = WebhookDelivery.objects.filter(due(older_than=older_than)).order_by()
    first = rows.values("endpoint_id").annotate(first=Min("pk"))
    return list(first.values_list("first", flat=True)[:limit])


def claim(delivery_id: str) -> Claimed | None:
    """Take it for a while; None when it is not due, taken, or its endpoint has enough in hand."""
    delivery = WebhookDelivery.objects.filter(due(), pk=delivery_id).first()
    if delivery is None:
        return None
    with transaction.atomic():
        endpoint = _lock_endpoint(delivery.endpoint_id)
        if problem := _obstacle(endpoint, delivery):
            _give_up(delivery, problem)
            return None
        if _in_hand(endpoint) >= (AT_ONCE_FAILING if endpoint.failing_since else AT_ONCE):
            return None
        delivery.log = _with_try(delivery.log, {"at": _stamp(), "status": None, "problem": STOPPED})
        taken = WebhookDelivery.objects.filter(due(), pk=delivery.pk, attempts=delivery.attempts)
        changed = taken.update(
            attempts=F("attempts") + 1,
            lease_until=database_now(plus=LEASE_SECONDS),
            log=delivery.log,
        )
    delivery.attempts += 1
    return Claimed(delivery, endpoint) if changed else None


def _lock_endpoint(endpoint_id: str) -> WebhookEndpoint:
    """Two claims of one endpoint count one after the other; writers of events don't wait."""
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).defer("secrets")
    return rows.get(pk=endpoint_id)


def _in_hand(endpoint: WebhookEndpoint) -> int:
    held = WebhookDelivery.objects.filter(endpoint=endpoint, state=State.WAITING)
    return held.filter(lease_until__gt=database_now()).count()


def _obstacle(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> str:
    """Why it is not sent any more; a try of which nothing is known counts too."""
    if not endpoint.is_active or endpoint.deleted_at is not None:
        return OFF
    return STOPPED if delivery.attempts > len(PAUSES) else ""


def _give_up(delivery: WebhookDelivery, problem: str) -> None:
    entry = {"at": _stamp(), "status": None, "problem": problem}
    WebhookDelivery.objects.filter(due(), pk=delivery.pk).update(
        state=State.FAILED, log=_with_try(delivery.log, entry)
    )


def post(claimed: Claimed) -> Tried:
    """The one call. Whatever goes wrong is a try with a problem, never an exception of its own."""
    began, delivery = time.monotonic(), claimed.delivery
    body, now = delivery.body.encode(), timezone.now()
    try:
        headers = _headers(claimed, body, now)
        with waiting():
            answer = fetch(
                "POST",
                claimed.endpoint.url,
                headers=headers,
                body=body,
                seconds=SECONDS,
                allow_private=settings.TRUST_PRIVATE_ENDPOINTS,
            )
    except DomainError as error:
        return Tried(None, _ms(began), error.detail)
    wait = retry_after_of(answer.headers.get("Retry-After"), now)
    return Tried(answer.status, _ms(began), retry_after=wait)


def _headers(claimed: Claimed, body: bytes, now: datetime) -> dict[str, str]:
    secrets = secrets_in_use(claimed.endpoint.secrets, now)
    signed = signed_headers(
        secrets, webhook_id=claimed.delivery.pk, timestamp=int(now.timestamp()), body=body
    )
    return signed | {
        "Content-Type": "application/json",
        "User-Agent": "Deskbell-Webhooks/1",
        "Accept-Encoding": "identity",
    }


def settle(claimed: Claimed, tried: Tried) -> None:
    """Write down the try, and what it says of the endpoint."""
    endpoint, now = claimed.endpoint, timezone.now()
    since = endpoint.failing_since
    verdict = judge(
        tried,
        attempts=claimed.delivery.attempts,
        failing_for=now - since if since else None,
        chance=random.random(),  # noqa: S311  spreads retries, guards nothing
    )
    with transaction.atomic():
        _keep_result(claimed.delivery, tried, verdict, now)
        _keep_health(endpoint, verdict, now)
    if verdict.problem:
        log.info(
            "webhook_not_taken",
            endpoint_id=endpoint.pk,
            delivery_id=claimed.delivery.pk,
            status=tried.status,
            problem=verdict.problem,
        )


def _keep_result(delivery: WebhookDelivery, tried: Tried, verdict: Verdict, now: datetime) -> None:
    entry = {"status": tried.status, "ms": tried.ms, "problem": verdict.problem}
    changes: dict[str, Any] = {"state": verdict.state, "lease_until": None}
    if verdict.state == State.DELIVERED:
        changes["delivered_at"] = now
    if verdict.state == State.WAITING:
        changes["due_at"] = database_now(plus=verdict.pause)
    # Asked to send again meanwhile, the row is another try's.
    ours = WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts)
    ours.filter(state=State.WAITING).update(
        **changes, log=[*delivery.log[:-1], delivery.log[-1] | entry]
    )


def _keep_health(endpoint: WebhookEndpoint, verdict: Verdict, now: datetime) -> None:
    row = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True)
    if not verdict.problem:
        if endpoint.failing_since is not None:
            row.update(failing_since=None)
        return
    row.filter(failing_since=None).update(failing_since=now)
    if verdict.switch_off and row.update(is_active=False, disabled_reason=verdict.switch_off[:300]):
        give_up_waiting(endpoint)
        forget_interest()
        log.warning("webhook_switched_off", endpoint_id=endpoint.pk, reason=verdict.switch_off)


def give_up_waiting(endpoint: WebhookEndpoint) -> None:
    """What waits for an endpoint that is off is not sent; what is on its way settles itself."""
    WebhookDelivery.objects.filter(unheld(), endpoint=endpoint).update(state=State.FAILED)


def _with_try(entries: list[dict[str, Any]], entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [*entries, {"ms": None, **entry}][-LONGEST_LOG:]


def _stamp() -> str:
    return timezone.now().isoformat(timespec="seconds")


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
