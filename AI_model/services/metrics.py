"""The episodes that make a figure. The `value`s of a list add up to the figure it explains."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value

from accounts.models import Business
from AI_model.histogram import merge, percentile
from AI_model.models import DailyAnalytics, Episode, EpisodeHour
from AI_model.services.daily import MESSAGES
from core.lib.errors import DomainError

Rows = QuerySet[Episode]
SLOW_PERCENT = 95
HOUR = re.compile(r"([0-6])-(1?\d|2[0-3])", re.ASCII)
# Episodes with something to count, and how much of it each has.
SUMMED: dict[str, tuple[Q, Any]] = {
    "conversations": (Q(), Value(1)),
    "handed_over": (Q(handovers__gt=0), Value(1)),
    "reopened": (Q(resolution=Episode.Resolution.REOPENED), Value(1)),
    "first_answer": (Q(first_answer_ms__isnull=False), Value(1)),
    "ai": (Q(ai_answers__gt=0), F("ai_answers")),
    "calls": (Q(calls__gt=0), F("calls")),
    "unpriced": (Q(unpriced__gt=0), F("unpriced")),
    "tokens": (Q(calls__gt=0), F("tokens_in") + F("tokens_out")),
    "money": (Q(money_nanos__gt=0), F("money_nanos")),
    **{
        f"answered_by:{kind}": (Q(answered_by=kind), Value(1)) for kind in Episode.AnsweredBy.values
    },
    **{f"resolution:{kind}": (Q(resolution=kind), Value(1)) for kind in Episode.Resolution.values},
}
SLOW = {"first_answer:slow": "first_answer", "ai:slow": "ai"}
SLOWEST = {"first_answer": "first_answer_ms", "ai": "slowest_ai_ms"}
CHOICES = [
    *SUMMED,
    *SLOW,
    *(f"messages:{kind}" for kind in MESSAGES),
    "handed_over:<reason>",
    "entry:<id>",
    "hour:<weekday 0-6>-<hour 0-23>",
]


@dataclass(frozen=True, slots=True)
class Range:
    """Days of a business, both ends included."""

    business: Business
    first: date
    last: date

    @property
    def between(self) -> tuple[date, date]:
        return self.first, self.last

    def weekdays(self, weekday: int) -> list[date]:
        """The range's Mondays (0), and so on."""
        start = self.first + timedelta(days=(weekday - self.first.weekday()) % 7)
        return [start + timedelta(days=n) for n in range(0, (self.last - start).days + 1, 7)]


def episodes_of(*, business: Business, metric: str, first: date, last: date) -> Rows:
    """The latest first; `value` is each one's part. An unknown metric is a DomainError."""
    rows = _made_by(Range(business, first, last), metric)
    return rows.order_by("-date", "-opened_at", "-pk")


def _made_by(within: Range, metric: str) -> Rows:
    kind, _, name = metric.partition(":")
    if metric in SUMMED:
        condition, value = SUMMED[metric]
        return _begun(within).filter(condition).annotate(value=value)
    if metric in SLOW:
        return _slow(within, SLOW[metric])
    list_them = BY_NAME.get(kind) if name and "\0" not in name else None
    if list_them and (rows := list_them(within, name)) is not None:
        return rows
    problem = f"There is no metric “{metric[:60]}”. Choose one of: {', '.join(CHOICES)}."
    raise DomainError(problem.replace("\0", ""), fields={"metric": ["Not a metric."]})


def _begun(within: Range) -> Rows:
    return Episode.objects.for_business(within.business.pk).filter(date__range=within.between)


def _slow(within: Range, kind: str) -> Rows:
    days = DailyAnalytics.objects.for_business(within.business.pk)
    found = days.filter(date__range=within.between).values_list(f"counts__{kind}", flat=True)
    limit = percentile(merge(histogram or {} for histogram in found), SLOW_PERCENT)
    if limit is None:
        return _begun(within).none().annotate(value=Value(1))
    return _begun(within).filter(**{f"{SLOWEST[kind]}__gt": limit}).annotate(value=Value(1))


def _handed_over(within: Range, reason: str) -> Rows:
    return _begun(within).filter(handover_reason=reason).annotate(value=Value(1))


def _entry(within: Range, entry_id: str) -> Rows:
    # An episode has one row for each of its entries.
    cited = _begun(within).filter(entries__entry_id=entry_id)
    return cited.annotate(value=F("entries__uses"))


def _messages(within: Range, kind: str) -> Rows | None:
    if kind not in MESSAGES:
        return None
    when, column = Q(date__range=within.between), MESSAGES[kind]
    said = EpisodeHour.objects.filter(when, episode=OuterRef("pk"), **{f"{column}__gt": 0})
    return _said(within, when, column).filter(Exists(said))


def _hour(within: Range, name: str) -> Rows | None:
    if not (found := HOUR.fullmatch(name)):
        return None
    days = Q(date__in=within.weekdays(int(found[1])), hour=int(found[2]))
    rows, hours = _said(within, days, "customer"), EpisodeHour.objects.filter(days, customer__gt=0)
    # An hour of a weekday is in few episodes: looked up, not looked for.
    return rows.filter(pk__in=hours.for_business(within.business.pk).values("episode_id"))


def _said(within: Range, when: Q, kind: str) -> Rows:
    """Messages count on their own day, whenever their episode began."""
    hours = EpisodeHour.objects.filter(when, episode=OuterRef("pk"), **{f"{kind}__gt": 0})
    total = hours.order_by().values("episode").annotate(total=Sum(kind)).values("total")
    rows = Episode.objects.for_business(within.business.pk).filter(date__lte=within.last)
    return rows.annotate(value=Subquery(total))


BY_NAME: dict[str, Callable[[Range, str], Rows | None]] = {
    "handed_over": _handed_over,
    "entry": _entry,
    "messages": _messages,
    "hour": _hour,
}
