"""What an owner does with endpoints and deliveries, and what leaves no trace of old ones."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NoReturn

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.permissions import require_owner
from accounts.services.audit import note_setting
from core.lib.clock import database_now
from core.lib.errors import Conflict, DomainError
from core.lib.http import OutboundRefused, check_url
from core.lib.on_commit import delay_on_commit
from messaging.hooks.events import EVENTS
from messaging.hooks.interest import forget_interest
from messaging.hooks.sending import give_up_waiting, unheld
from messaging.hooks.signing import new_secret, rotated
from messaging.hooks.telling import write_deliveries
from messaging.models import Message, WebhookDelivery, WebhookEndpoint
from messaging.presentation import message_form

MOST_ENDPOINTS = 20
FULL = f"A business can have {MOST_ENDPOINTS} webhooks. Delete one first."
MAX_URL, MAX_DESCRIPTION = 500, 200
OVERLAP = timedelta(hours=24)
KEPT = timedelta(days=30)
DELETED_KEPT = timedelta(hours=1)
SAME_MOMENT = timedelta(minutes=1)
"""What is told of a conversation is written a moment before the message that it speaks of."""
BATCH = 1_000
CHANGEABLE = ("url", "description", "events", "is_active")


def make_endpoint(
    *, user: User, url: str, description: str = "", events: Sequence[str] = (), via: str = "api"
) -> tuple[WebhookEndpoint, str]:
    """The endpoint and its secret, which is shown now and never again (owner only)."""
    require_owner(user)
    check_address(url)
    endpoint = WebhookEndpoint(url=url, description=description, events=list(events))
    return store_endpoint(user=user, endpoint=endpoint, via=via)


def store_endpoint(
    *, user: User, endpoint: WebhookEndpoint, via: str
) -> tuple[WebhookEndpoint, str]:
    """As `make_endpoint`, of an address that was checked before the transaction."""
    endpoint.business = require_owner(user)
    _check(endpoint)
    if is_full(endpoint.business_id):
        raise Conflict(FULL)
    secret = new_secret()
    endpoint.secrets = {"current": secret}
    with transaction.atomic():
        endpoint.save(force_insert=True)
        _note(endpoint, user, via, before={}, after=_shown(endpoint))
        forget_interest()
    return endpoint, secret


def is_full(business_id: str) -> bool:
    known = WebhookEndpoint.objects.for_business(business_id).filter(deleted_at=None)
    return known.count() >= MOST_ENDPOINTS


def change_endpoint(
    *, user: User, endpoint: WebhookEndpoint, via: str = "api", **changes: Any
) -> WebhookEndpoint:
    """Change url, description, events or is_active; switching on forgets why it was off."""
    require_owner(user)
    if changes.get("url", endpoint.url) != endpoint.url:
        check_address(changes["url"])
    return store_changes(user=user, endpoint=endpoint, via=via, **changes)


def store_changes(
    *, user: User, endpoint: WebhookEndpoint, via: str, **changes: Any
) -> WebhookEndpoint:
    """As `change_endpoint`, of an address that was checked before the transaction."""
    before = _shown(endpoint)
    for name in CHANGEABLE:
        setattr(endpoint, name, changes.get(name, before[name]))
    _check(endpoint)
    if endpoint.is_active and not before["is_active"]:
        endpoint.disabled_reason, endpoint.failing_since = "", None
    with transaction.atomic():
        endpoint.save(update_fields=[*CHANGEABLE, "disabled_reason", "failing_since"])
        if not endpoint.is_active:
            give_up_waiting(endpoint)
        _note(endpoint, user, via, before=before, after=_shown(endpoint))
        forget_interest()
    return endpoint


def delete_endpoint(*, user: User, endpoint: WebhookEndpoint, via: str = "api") -> None:
    """It hears of nothing more and is shown no more; its row and its log go at night."""
    require_owner(user)
    with transaction.atomic():
        rows = WebhookEndpoint.objects.filter(pk=endpoint.pk, deleted_at=None)
        if rows.update(is_active=False, deleted_at=timezone.now()):
            give_up_waiting(endpoint)
            _note(endpoint, user, via, before={"deleted": False}, after={"deleted": True})
            forget_interest()


def rotate_secret(
    *, user: User, endpoint: WebhookEndpoint, via: str = "api"
) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown once; for a day what is sent is signed with the old one too."""
    require_owner(user)
    fresh = new_secret()
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        row.secrets = rotated(row.secrets, fresh, until=timezone.now() + OVERLAP)
        row.save(update_fields=["secrets"])
        _note(endpoint, user, via, before={"rotated": None}, after={"rotated": timezone.now()})
    return endpoint, fresh


def send_test(*, user: User, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Have a `test.ping` sent, whatever events the endpoint wants (owner only)."""
    require_owner(user)
    _require_on(endpoint)
    data = {"endpoint_id": endpoint.pk, "asked_by": user.pk}
    with transaction.atomic():
        [delivery] = write_deliveries(
            [endpoint.pk], business_id=endpoint.business_id, event="test.ping", data=data
        )
    return delivery


def resend_delivery(*, user: User, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send it again at once under the same id, whatever became of it before (owner only)."""
    from messaging.hooks.tasks import send_delivery  # tasks import the sender

    require_owner(user)
    _require_on(delivery.endpoint)
    settled = Q(pk=delivery.pk) & ~Q(state=WebhookDelivery.State.WAITING)
    rows = WebhookDelivery.objects.filter(settled | (unheld() & Q(pk=delivery.pk)))
    with transaction.atomic():
        again = rows.update(
            state=WebhookDelivery.State.WAITING,
            attempts=0,
            due_at=database_now(),
            lease_until=None,
            delivered_at=None,
        )
        if not again:
            raise Conflict("It is being sent at this moment. Look again in a few seconds.")
        delay_on_commit(send_delivery, delivery.pk)
    delivery.refresh_from_db(fields=["state", "attempts", "due_at", "lease_until", "delivered_at"])
    return delivery


def delete_old_deliveries() -> int:
    """Deliveries older than 30 days, and endpoints that were deleted; how many rows."""
    now = timezone.now()
    gone = WebhookEndpoint.objects.filter(deleted_at__lt=now - DELETED_KEPT)
    old = Q(created_at__lt=now - KEPT) | Q(endpoint__in=gone)
    count = _delete(WebhookDelivery.objects.filter(old))
    return count + _delete(WebhookEndpoint.objects.filter(pk__in=gone))


def forget_words(message: Message, *, endpoint_ids: Sequence[str]) -> None:
    """Take words that were taken back out of what was told of them, also out of what waits."""
    rows = WebhookDelivery.objects.filter(
        endpoint_id__in=endpoint_ids,
        created_at__gte=message.created_at - SAME_MOMENT,
        body__contains=f'"{message.conversation_id}"',
    )
    for row in rows:
        whole = orjson.loads(row.body)
        if whole["data"]["id"] == message.pk:
            whole["data"] |= {**message_form(message), "delivery": whole["data"]["delivery"]}
        elif row.event.startswith("conversation."):
            whole["data"]["last_message"] = None
        else:
            continue
        WebhookDelivery.objects.filter(pk=row.pk).update(body=orjson.dumps(whole).decode())


def check_address(url: str) -> None:
    """Ask where the address leads; refuses what may not be called. Uses the network."""
    trusted = settings.TRUST_PRIVATE_ENDPOINTS
    if not trusted and not url.lower().startswith("https://"):
        _refuse("url", "Use an address that begins with https://.")
    try:
        check_url(url, allow_private=trusted)
    except OutboundRefused as error:
        _refuse("url", error.detail)


def _check(endpoint: WebhookEndpoint) -> None:
    if len(endpoint.url) > MAX_URL:
        _refuse("url", f"At most {MAX_URL} characters.")
    if len(endpoint.description) > MAX_DESCRIPTION:
        _refuse("description", f"At most {MAX_DESCRIPTION} characters.")
    if unknown := sorted(set(endpoint.events) - set(EVENTS)):
        _refuse("events", f"There is no event {unknown[0]}. Known are: {', '.join(EVENTS)}.")
    endpoint.events = sorted(set(endpoint.events))


def _refuse(field: str, problem: str) -> NoReturn:
    raise DomainError(f"{field}: {problem}", fields={field: [problem]})


def _require_on(endpoint: WebhookEndpoint) -> None:
    if not endpoint.is_active or endpoint.deleted_at is not None:
        raise Conflict("This webhook is switched off. Switch it on first.", code="switched_off")


def _shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in CHANGEABLE}


def _note(endpoint: WebhookEndpoint, user: User, via: str, *, before: Any, after: Any) -> None:
    note_setting(
        business_id=endpoint.business_id,
        user=user,
        via=via,
        subject="webhook",
        subject_id=endpoint.pk,
        before=before,
        after=after,
    )


def _delete(rows: "QuerySet[Any]") -> int:
    """In batches, so that no transaction is long."""
    count = 0
    while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
        count += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return count
