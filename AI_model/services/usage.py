"""The ledger's sums by day, so that a year of calls is read without reading the calls."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone

from accounts.models import Business
from AI_model.models import UsageDay, UsageMark, UsageRecord
from AI_model.services.analytics import day_bounds
from core.lib.prepared import insert_rows

LIVE_DAYS = 2
"""Whole days before today that are still summed from the ledger."""
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
SUMMED = (
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_thinking",
    "money_nanos",
    "milliseconds",
)
LEDGER_SUMS = {
    "sum_calls": Count("pk"),
    "sum_failed": Count("pk", filter=~Q(outcome__in=("ok", "stopped"))),
    "sum_unpriced": Count("pk", filter=Q(money_nanos__isnull=True)),
    **{f"sum_{name}": Sum(name, default=0) for name in SUMMED},
}


def roll_up(*, now: datetime | None = None, business: Business | None = None) -> int:
    """Sum the finished days of all businesses or of one; returns how many days had calls.

    A call is summed once, whatever happens to the business's time zone, to the ledger's old rows or
    to a second run at the same time.
    """
    now = now or timezone.now()
    every = [business] if business else Business.objects.order_by("pk").iterator()
    return sum(_roll_up(one, now) for one in every)


def rolled_to(business: Business) -> datetime:
    """Ledger rows before this moment are no longer needed for any sum."""
    mark = UsageMark.objects.for_business(business.pk).first()
    return mark.rolled_to if mark else BEGINNING


def _roll_up(business: Business, now: datetime) -> int:
    zone = ZoneInfo(business.timezone)
    today = now.astimezone(zone).date()
    until = day_bounds(today - timedelta(days=LIVE_DAYS), business.timezone)[0]
    mark, _ = UsageMark.objects.get_or_create(business=business, defaults={"rolled_to": BEGINNING})
    start, days = mark.rolled_to, 0
    while first := _first_call(business, start, until):
        day = first.astimezone(zone).date()
        end = day_bounds(day, business.timezone)[1]
        if not _store(business, day, start, end):
            return days
        start, days = end, days + 1
    if start < until:
        _move(business, start, until)
    return days


def _first_call(business: Business, start: datetime, end: datetime) -> datetime | None:
    calls = UsageRecord.objects.for_business(business.pk)
    found = calls.filter(created_at__gte=start, created_at__lt=end).order_by("created_at")
    return found.values_list("created_at", flat=True).first()


def _move(business: Business, start: datetime, end: datetime) -> bool:
    """False when another run has moved the mark meanwhile."""
    mark = UsageMark.objects.for_business(business.pk).filter(rolled_to=start)
    return mark.update(rolled_to=end) == 1


def _store(business: Business, day: date, start: datetime, end: datetime) -> bool:
    with transaction.atomic():
        if not _move(business, start, end):
            return False
        calls = UsageRecord.objects.for_business(business.pk)
        groups = (
            calls.filter(created_at__gte=start, created_at__lt=end)
            .order_by()
            .values("user_id", "purpose", "provider", "model")
            .annotate(**LEDGER_SUMS)
        )
        insert_rows(
            [
                UsageDay(
                    business=business,
                    date=day,
                    **{name.removeprefix("sum_"): value for name, value in group.items()},
                )
                for group in groups
            ]
        )
        return True
