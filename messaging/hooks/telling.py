"""An event becomes rows, in the transaction of what happened."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.lib.on_commit import delay_on_commit
from core.lib.prepared import insert_rows
from messaging.hooks.events import envelope
from messaging.hooks.interest import wanting
from messaging.models import WebhookDelivery

# Our clock may be ahead of the database's, which says what is due.
SKEW = timedelta(seconds=1)
Data = Callable[[], Mapping[str, Any]]


def tell(*, business_id: str, event: str, data: Data) -> None:
    """Tell the endpoints that want the event; `data` is asked for only when there are any.

    Costs nothing for a business without endpoints, and one INSERT for one with them.
    """
    if endpoint_ids := wanting(business_id, event):
        write_deliveries(endpoint_ids, business_id=business_id, event=event, data=data())


def write_deliveries(
    endpoint_ids: Iterable[str], *, business_id: str, event: str, data: Mapping[str, Any]
) -> list[WebhookDelivery]:
    """Rows for these endpoints, sent after the commit."""
    from messaging.hooks.tasks import send_delivery  # tasks import the sender

    now = timezone.now()
    body = envelope(event, data, at=now)
    rows = [
        WebhookDelivery(
            business_id=business_id,
            endpoint_id=endpoint_id,
            event=event,
            body=body,
            due_at=now - SKEW,
        )
        for endpoint_id in endpoint_ids
    ]
    insert_rows(rows)
    for row in rows:
        delay_on_commit(send_delivery, row.pk)
    return rows
