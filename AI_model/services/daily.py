"""A day's sums, made from its episodes. Four statements for any number of days."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Sum

from accounts.models import Business
from AI_model.counting import KINDS
from AI_model.histogram import count_times
from AI_model.models import DailyAnalytics, Episode, EpisodeEntry, EpisodeHour

Counts = dict[str, Any]
COSTS = ("calls", "unpriced", "tokens_in", "tokens_out", "money_nanos")
OPEN_ENDED = (Episode.Resolution.OPEN, Episode.Resolution.PENDING)
MESSAGES = dict(zip(("customer", "AI", "support", "failed", "uncertain"), KINDS, strict=True))
"""The API's names, and those of the columns."""


@dataclass(slots=True)
class Times:
    first_answer: list[int] = field(default_factory=list)
    ai: list[int] = field(default_factory=list)


def empty_counts() -> Counts:
    return {
        "conversations": 0,
        "answered_by": dict.fromkeys(Episode.AnsweredBy.values, 0),
        "resolution": dict.fromkeys(Episode.Resolution.values, 0),
        "handed_over": {},
        "messages": dict.fromkeys(MESSAGES, 0),
        "hours": [0] * 24,
        "first_answer": {},
        "ai": {},
        **dict.fromkeys(COSTS, 0),
        "entries": {},
    }


def sums_of(business: Business, days: Collection[date], *, now: datetime) -> list[DailyAnalytics]:
    """The days' rows as they should be, not saved."""
    sums = {day: empty_counts() for day in sorted(days)}
    _add_episodes(sums, Episode.objects.for_business(business.pk).filter(date__in=sums))
    _add_hours(sums, EpisodeHour.objects.for_business(business.pk).filter(date__in=sums))
    entries = EpisodeEntry.objects.for_business(business.pk).filter(episode__date__in=sums)
    _add_entries(sums, entries)
    today = now.astimezone(ZoneInfo(business.timezone)).date()
    return [
        DailyAnalytics(
            business=business, date=day, counts=counts, final=_is_final(day, counts, today)
        )
        for day, counts in sums.items()
    ]


def store_sums(rows: Iterable[DailyAnalytics]) -> None:
    DailyAnalytics.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["business", "date"],
        update_fields=["counts", "final", "updated_at"],
    )


def _is_final(day: date, counts: Counts, today: date) -> bool:
    return day < today and not any(counts["resolution"][kind] for kind in OPEN_ENDED)


def _add_episodes(sums: dict[date, Counts], episodes: Any) -> None:
    times = {day: Times() for day in sums}
    fields = ("date", "answered_by", "resolution", "handover_reason", "first_answer_ms", "ai_ms")
    for day, answered_by, resolution, reason, first_ms, ai_ms, *costs in episodes.values_list(
        *fields, *COSTS
    ):
        counts = sums[day]
        counts["conversations"] += 1
        counts["answered_by"][answered_by] += 1
        counts["resolution"][resolution] += 1
        if reason:
            counts["handed_over"][reason] = counts["handed_over"].get(reason, 0) + 1
        if first_ms is not None:
            times[day].first_answer.append(first_ms)
        times[day].ai += ai_ms
        for name, cost in zip(COSTS, costs, strict=True):
            counts[name] += cost
    for day, found in times.items():
        sums[day]["first_answer"] = count_times(found.first_answer)
        sums[day]["ai"] = count_times(found.ai)
        sums[day]["handed_over"] = dict(sorted(sums[day]["handed_over"].items()))


def _add_hours(sums: dict[date, Counts], hours: Any) -> None:
    totals = {f"all_{kind}": Sum(kind) for kind in KINDS}
    for row in hours.order_by().values("date", "hour").annotate(**totals):
        counts = sums[row["date"]]
        counts["hours"][row["hour"]] += row["all_customer"]
        for name, kind in MESSAGES.items():
            counts["messages"][name] += row[f"all_{kind}"]


def _add_entries(sums: dict[date, Counts], entries: Any) -> None:
    found = entries.order_by("episode__date", "entry_id").values("episode__date", "entry_id")
    for row in found.annotate(total=Sum("uses"), episodes=Count("pk"), words=Max("title")):
        # Uses, conversations and title: a year of these is read at once.
        said = [row["total"], row["episodes"], row["words"]]
        sums[row["episode__date"]]["entries"][row["entry_id"]] = said
