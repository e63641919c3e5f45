"""The night's counting, and where a business's days begin and end."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import DatabaseError

from accounts.models import Business
from AI_model.services.episodes import refresh

log = structlog.get_logger(__name__)

PATIENCE = 30.0
"""Seconds for a reader who is having today counted."""


def count_finished_days(*, now: datetime | None = None) -> int:
    """Count what happened since the last time, in every business; returns how many days changed.

    One business that cannot be counted keeps no other from it; its error comes at the end.
    """
    days, trouble = 0, None
    for business in Business.objects.order_by("pk").iterator():
        try:
            days += refresh(business, now=now, patience=PATIENCE).days
        except DatabaseError as error:
            log.exception("analytics_not_counted", business_id=business.pk)
            trouble = error
    if trouble is not None:
        raise trouble
    return days


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """First moment of the day, and of the next one: 23 to 25 hours apart."""
    tz = ZoneInfo(zone)
    return (
        datetime.combine(day, time.min, tzinfo=tz),
        datetime.combine(day + timedelta(days=1), time.min, tzinfo=tz),
    )
