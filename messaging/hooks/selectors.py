"""Reads of endpoints and deliveries, each within the reader's own business."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from core.lib.tenancy import ScopedQuerySet
from messaging.models import WebhookDelivery, WebhookEndpoint


def endpoints_for(user: User) -> ScopedQuerySet[WebhookEndpoint]:
    """The business's endpoints without their secrets."""
    return WebhookEndpoint.objects.for_user(user).filter(deleted_at=None).defer("secrets")


def access_endpoint(user: User, endpoint_id: str) -> WebhookEndpoint:
    return endpoints_for(user).access(user, endpoint_id)


def deliveries_list(
    endpoint: WebhookEndpoint, query: Mapping[str, Any]
) -> QuerySet[WebhookDelivery]:
    """The newest first, without what was sent; narrowed by a checked DeliveryQuery."""
    chosen = {name: query[name] for name in ("state", "event") if name in query}
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, **chosen).defer("body")
    return rows.order_by("-created_at", "-pk")


def access_delivery(user: User, delivery_id: str) -> WebhookDelivery:
    rows = WebhookDelivery.objects.select_related("endpoint").defer("endpoint__secrets")
    return rows.access(user, delivery_id)
