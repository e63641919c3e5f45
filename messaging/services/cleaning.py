"""Forgetting what is no longer needed."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from messaging.models import InboundEvent

# A platform may deliver the same event again for up to 30 days.
KEPT = timedelta(days=35)
QUARANTINED_KEPT = timedelta(days=90)
BATCH = 1000


def delete_old_events() -> int:
    """Delete raw deliveries past their time, a batch a transaction; returns how many."""
    now, deleted = timezone.now(), 0
    put_aside = Q(fate=InboundEvent.Fate.QUARANTINED)
    old = InboundEvent.objects.filter(
        ~put_aside & Q(received_at__lt=now - KEPT)
        | put_aside & Q(received_at__lt=now - QUARANTINED_KEPT)
    )
    while ids := list(old.order_by("received_at").values_list("pk", flat=True)[:BATCH]):
        deleted += InboundEvent.objects.filter(pk__in=ids).delete()[0]
    return deleted
