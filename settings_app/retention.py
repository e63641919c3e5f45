"""How long a business keeps what customers wrote: reading it and changing it."""

from collections.abc import Mapping

from django.db import transaction

from accounts.models import Business, User
from accounts.services.audit import note_setting
from settings_app.models import Retention

FIELDS = ("messages_days", "media_days", "ai_records_days")


def retention_form(business_id: str) -> dict[str, int | None]:
    """Days by field; None = for ever."""
    kept = Retention.objects.for_business(business_id).first() or Retention()
    return {name: getattr(kept, name) for name in FIELDS}


def save_retention(
    *, business: Business, changes: Mapping[str, int | None], user: User | None, via: str
) -> Retention:
    """Apply checked changes and log them."""
    with transaction.atomic():
        before = retention_form(business.pk)
        kept, _ = Retention.objects.update_or_create(business=business, defaults=dict(changes))
        note_setting(
            business_id=business.pk,
            user=user,
            via=via,
            subject="retention",
            before=before,
            after=retention_form(business.pk),
        )
        return kept
