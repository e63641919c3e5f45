"""What calls to models took and cost over a range of days: stored sums, and the ledger after them.

Each call counts once: before its business's mark in UsageDay, after it in the ledger.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, F, IntegerField, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Business, User
from AI_model.models import UsageDay, UsageRecord
from AI_model.services.analytics import day_bounds
from AI_model.services.usage import BEGINNING, LEDGER_SUMS, rolled_to

FIELDS = (
    "calls",
    "failed",
    "unpriced",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_thinking",
    "money_nanos",
)
DAY_SUMS = {f"sum_{name}": Sum(name, default=0) for name in FIELDS}
WHO_AND_WHAT = ("business_id", "user_id", "purpose", "provider", "model")
TOP = 100
"""The longest list by user or by business; the totals hold all."""

Row = Mapping[str, Any]
Sums = dict[str, int]
Tally = dict[tuple[Any, ...], Sums]


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days, both ends included."""

    first: date
    last: date

    @classmethod
    def up_to(cls, last: date, days: int) -> "Span":
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class UsageFigures:
    """Sums are whole numbers, money is in nanos. Lists begin with what cost most."""

    span: Span
    totals: Sums
    by_day: Tally
    by_model: Tally
    by_purpose: Tally
    by_user: Tally
    by_business: Tally


def usage_of(*, business: Business, days: int, now: datetime | None = None) -> UsageFigures:
    """The last `days` days of a business, today included, in its own time zone."""
    now = now or timezone.now()
    zone = business.timezone
    span = Span.up_to(now.astimezone(ZoneInfo(zone)).date(), days)
    start = max(day_bounds(span.first, zone)[0], rolled_to(business))
    stored = UsageDay.objects.for_business(business.pk)
    live = UsageRecord.objects.for_business(business.pk).filter(created_at__gte=start)
    first = start.astimezone(ZoneInfo(zone)).date()
    return _figures(span, stored, live.annotate(day=_day_of_call(span, first, {zone: [zone]})))


def usage_of_all(*, days: int, now: datetime | None = None) -> UsageFigures:
    """The same of all businesses together; each call on the day it was at its own business."""
    now = now or timezone.now()
    zones, unsummed = _zones(), Coalesce(F("business__usage_mark__rolled_to"), Value(BEGINNING))
    today = max((now.astimezone(ZoneInfo(zone)).date() for zone in zones), default=now.date())
    span = Span.up_to(today, days)
    starts = [max(day_bounds(span.first, zone)[0], mark) for zone, mark in zones.items()]
    # The businesses and one constant moment let the index be used; the own mark is exact.
    live = UsageRecord.objects.alias(unsummed=unsummed).filter(
        business__in=Business.objects.all(),
        created_at__gte=min(starts, default=now),
        unsummed__lte=F("created_at"),
    )
    # No zone is more than a day from UTC.
    first = (min(starts, default=now) - timedelta(days=1)).astimezone(UTC).date()
    alike = _alike(list(zones), [day for day in span.days if day >= first])
    day = _day_of_call(span, first, alike)
    return _figures(span, UsageDay.objects.all(), live.annotate(day=day))


def _zones() -> dict[str, datetime]:
    """The zones of all businesses, each with the first moment that may not be summed yet."""
    first = Min(Coalesce(F("usage_mark__rolled_to"), Value(BEGINNING)))
    rows = Business.objects.order_by().values("timezone").annotate(first=first)
    return dict(rows.values_list("timezone", "first"))


def _alike(zones: list[str], days: list[date]) -> dict[str, list[str]]:
    """Zones whose days begin at the same moments, by one of them."""
    groups: dict[tuple[datetime, ...], list[str]] = {}
    for zone in zones:
        starts = tuple(moment for day in days for moment in day_bounds(day, zone))
        groups.setdefault(starts, []).append(zone)
    return {group[0]: group for group in groups.values()}


def _day_of_call(span: Span, first: date, zones: dict[str, list[str]]) -> Case:
    """The number of the call's day within the span; -1 = before it.

    Comparing moments is many times faster than what SQLite does to make a date of one.
    """
    whens = []
    for zone, names in zones.items():
        where = Q(business__timezone__in=names) if len(zones) > 1 else Q()
        whens.append(When(where & Q(created_at__lt=day_bounds(span.first, zone)[0]), then=-1))
        whens += [
            When(where & Q(created_at__lt=day_bounds(day, zone)[1]), then=number)
            for number, day in enumerate(span.days)
            if day >= first
        ]
    return Case(*whens, default=len(span.days) - 1, output_field=IntegerField())


def _figures(span: Span, stored: QuerySet[UsageDay], live: "QuerySet[Any]") -> UsageFigures:
    stored = stored.filter(date__gte=span.first, date__lte=span.last).order_by()
    days = span.days
    calls: list[Row] = [
        row | {"date": days[row["day"]]}
        for row in live.order_by().values("day", *WHO_AND_WHAT).annotate(**LEDGER_SUMS)
        if row["day"] >= 0
    ]
    daily: list[Row] = [*stored.values("date").annotate(**DAY_SUMS), *calls]
    grouped: list[Row] = [*stored.values(*WHO_AND_WHAT).annotate(**DAY_SUMS), *calls]
    by_day = _tally(daily, "date")
    return UsageFigures(
        span=span,
        totals=_tally(daily).get((), _nothing()),
        by_day={(day,): by_day.get((day,), _nothing()) for day in days},
        by_model=_ranked(_tally(grouped, "provider", "model")),
        by_purpose=_ranked(_tally(grouped, "purpose")),
        by_user=_ranked(_tally(grouped, "user_id")),
        by_business=_ranked(_tally(grouped, "business_id")),
    )


def _nothing() -> Sums:
    return dict.fromkeys(FIELDS, 0)


def _tally(rows: Iterable[Row], *names: str) -> Tally:
    found: Tally = {}
    for row in rows:
        sums = found.setdefault(tuple(row[name] for name in names), _nothing())
        for field in FIELDS:
            sums[field] += int(row[f"sum_{field}"])
    return found


def _ranked(tally: Tally) -> Tally:
    def weight(item: tuple[tuple[Any, ...], Sums]) -> tuple[int, int, str]:
        key, sums = item
        return -sums["money_nanos"], -sums["calls"], str(key)

    return dict(sorted(tally.items(), key=weight)[:TOP])


def names_of_users(figures: UsageFigures) -> dict[Any, str]:
    ids = [key for (key,) in figures.by_user if key is not None]
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "username"))


def names_of_businesses(figures: UsageFigures) -> dict[Any, str]:
    ids = [key for (key,) in figures.by_business]
    return dict(Business.objects.filter(pk__in=ids).values_list("pk", "name"))
