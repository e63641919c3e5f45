"""What a range of days comes to, from the days' sums."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from accounts.models import Business
from AI_model.histogram import merge, percentile
from AI_model.models import AnalyticsMark, DailyAnalytics, Episode
from AI_model.money import to_dollars
from AI_model.services.daily import COSTS, MESSAGES, Counts, empty_counts
from AI_model.services.episodes import mark_of, refresh
from AI_model.services.metrics import episodes_of

__all__ = ["analytics_of", "episodes_of", "today_of"]

FRESH_FOR = timedelta(seconds=30)
MOST_FOR_A_READER = 500
TOP_ENTRIES = 10
SUMMED = ("answered_by", "resolution", "handed_over", "messages")


def today_of(business: Business, now: datetime | None = None) -> date:
    return (now or timezone.now()).astimezone(ZoneInfo(business.timezone)).date()


def analytics_of(*, business: Business, first: date, last: date) -> dict[str, Any]:
    """The figures from `first` to `last`, both included; today's are counted first if need be."""
    as_of = _as_of(business, last)
    found = _counts_by_day(business, first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    nothing = empty_counts()
    counts = [found.get(day, nothing) for day in days]
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "timezone": business.timezone,
        "as_of": as_of.isoformat() if as_of else None,
        "totals": _totals(list(found.values())),
        "days": [_day_form(*pair) for pair in zip(days, counts, strict=True)],
        "busiest_hours": _week(found),
        "top_entries": _top_entries(found),
    }


def _as_of(business: Business, last: date) -> datetime | None:
    """Up to when all is counted; whoever reads today has it counted, every 30 s at the most."""
    now = timezone.now()
    if last >= today_of(business, now) and _takes_turn(mark_of(business), now):
        refresh(business, now=now, most=MOST_FOR_A_READER)
    marks = AnalyticsMark.objects.for_business(business.pk)
    return marks.values_list("counted_to", flat=True).first()


def _takes_turn(mark: AnalyticsMark, now: datetime) -> bool:
    due = Q(tried_at=None) | Q(tried_at__lte=now - FRESH_FOR)
    if mark.tried_at is not None and mark.tried_at > now - FRESH_FOR:
        return False
    return bool(AnalyticsMark.objects.filter(due, pk=mark.pk).update(tried_at=now))


def _counts_by_day(business: Business, first: date, last: date) -> dict[date, Counts]:
    rows = DailyAnalytics.objects.for_business(business.pk).filter(date__range=(first, last))
    found = rows.order_by("date").values_list("date", "counts")
    # A row of before there were episodes has none of these; the next counting sums it again.
    return {day: counts for day, counts in found if "answered_by" in counts}


def _totals(counts: Sequence[Counts]) -> dict[str, Any]:
    sums = {name: sum(day[name] for day in counts) for name in ("conversations", *COSTS)}
    merged = {name: _merged(counts, name) for name in SUMMED}
    resolved = merged["resolution"][Episode.Resolution.RESOLVED.value]
    tokens = sums["tokens_in"] + sums["tokens_out"]
    return {
        "conversations": sums["conversations"],
        "answered_by": merged["answered_by"],
        "resolution": merged["resolution"],
        "handed_over": _handed_over(merged["handed_over"]),
        "reopened_within_7_days": merged["resolution"][Episode.Resolution.REOPENED.value],
        "messages": merged["messages"],
        "first_answer_ms": _times(day["first_answer"] for day in counts),
        "ai_ms": _times(day["ai"] for day in counts),
        "tokens": {"in": sums["tokens_in"], "out": sums["tokens_out"]},
        "money": to_dollars(sums["money_nanos"]),
        "currency": "USD",
        "money_per_conversation": _dollars_each(sums["money_nanos"], sums["conversations"]),
        "money_per_resolved": _dollars_each(sums["money_nanos"], resolved),
        "tokens_per_conversation": _each(tokens, sums["conversations"]),
        "tokens_per_resolved": _each(tokens, resolved),
        "calls": sums["calls"],
        "unpriced_calls": sums["unpriced"],
    }


def _merged(counts: Iterable[Counts], name: str) -> dict[str, int]:
    merged: Counter[str] = Counter(empty_counts()[name])
    for day in counts:
        for key, count in day[name].items():
            merged[key] += count
    return dict(merged)


def _handed_over(by_reason: Mapping[str, int]) -> dict[str, Any]:
    return {"total": sum(by_reason.values()), "by_reason": dict(by_reason)}


def _times(histograms: Iterable[Mapping[str, int]]) -> dict[str, int | None]:
    merged = merge(histograms)
    return {
        "p50": percentile(merged, 50),
        "p95": percentile(merged, 95),
        "count": sum(merged.values()),
    }


def _dollars_each(nanos: int, count: int) -> float | None:
    return to_dollars(round(nanos / count)) if count else None


def _each(total: int, count: int) -> float | None:
    return round(total / count, 1) if count else None


def _day_form(day: date, counts: Counts) -> dict[str, Any]:
    return {
        "date": day.isoformat(),
        "conversations": counts["conversations"],
        "answered_by": counts["answered_by"],
        "resolution": counts["resolution"],
        "handed_over": _handed_over(counts["handed_over"]),
        "messages": {name: counts["messages"][name] for name in MESSAGES},
        "money": to_dollars(counts["money_nanos"]),
    }


def _week(found: Mapping[date, Counts]) -> list[list[int]]:
    week = [[0] * 24 for _ in range(7)]
    for day, counts in found.items():
        row = week[day.weekday()]
        for hour, count in enumerate(counts["hours"]):
            row[hour] += count
    return week


def _top_entries(found: Mapping[date, Counts]) -> list[dict[str, Any]]:
    """The most used ones; titles as they were on the last of the days."""
    tops: dict[str, tuple[int, int, str]] = {}
    for _, counts in sorted(found.items()):
        for key, (uses, conversations, title) in counts["entries"].items():
            before = tops.get(key, (0, 0, ""))
            tops[key] = before[0] + uses, before[1] + conversations, title or before[2]
    best = sorted(tops.items(), key=lambda item: (-item[1][0], item[0]))[:TOP_ENTRIES]
    return [
        {"entry_id": key, "title": title, "uses": uses, "conversations": conversations}
        for key, (uses, conversations, title) in best
    ]
