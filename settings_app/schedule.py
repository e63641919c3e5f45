"""Changing when a business is open."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction

from accounts.models import Business
from settings_app.hours import Span
from settings_app.models import BusinessHours, Holiday


def replace_hours(*, business: Business, spans: Sequence[Span]) -> None:
    """These spans and no others; none at all = always open."""
    with transaction.atomic():
        BusinessHours.objects.for_business(business.pk).delete()
        BusinessHours.objects.bulk_create(
            BusinessHours(
                business=business, weekday=span.weekday, opens=span.opens, closes=span.closes
            )
            for span in spans
        )


def replace_holidays(*, business: Business, days: Mapping[date, str]) -> None:
    """These days, each with its name, and no others."""
    with transaction.atomic():
        Holiday.objects.for_business(business.pk).delete()
        Holiday.objects.bulk_create(
            Holiday(business=business, date=day, name=name) for day, name in days.items()
        )
