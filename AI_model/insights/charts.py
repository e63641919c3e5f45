"""Figures as shapes: pure geometry for the pages, without a word of HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

KINDS = ("ai", "mixed", "people", "nobody")
LONGEST_BY_DAY = 92
DAYS_A_WEEK = 7
SHADES = 5
GAP = 0.2
"""The part of a column's place that stays empty."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a column, from above, in percent of the chart's height."""

    kind: str
    count: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A day, or a week when `last` is another day; x and width in percent."""

    first: date
    last: date
    x: float
    width: float
    total: int
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Columns:
    """`top`: the number at the chart's upper edge."""

    top: int
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a list of bars; `share` of all in percent, `width` beside the longest one."""

    name: str
    count: int
    share: float
    width: float


def stack_days(days: Sequence[Mapping[str, Any]]) -> Columns:
    """A column for each day, or for each week of a long time, parted by who answered."""
    size = 1 if len(days) <= LONGEST_BY_DAY else DAYS_A_WEEK
    groups = _grouped(days, size)
    sums = [
        {kind: sum(day["answered_by"][kind] for day in group) for kind in KINDS} for group in groups
    ]
    top = round_up(max((sum(parts.values()) for parts in sums), default=0))
    place = 100 / max(1, len(groups))
    columns = [
        Column(
            first=_day(group[0]),
            last=_day(group[-1]),
            x=round(number * place + place * GAP / 2, 3),
            width=round(place * (1 - GAP), 3),
            total=sum(parts.values()),
            parts=_stack(parts, top),
        )
        for number, (group, parts) in enumerate(zip(groups, sums, strict=True))
    ]
    return Columns(top, columns)


def _grouped(days: Sequence[Mapping[str, Any]], size: int) -> list[Sequence[Mapping[str, Any]]]:
    """Whole groups up to the newest day, so that the one that is short is the oldest."""
    short = len(days) % size
    whole = [days[start : start + size] for start in range(short, len(days), size)]
    return [days[:short], *whole] if short else whole


def _stack(counts: Mapping[str, int], top: int) -> list[Part]:
    parts, y = [], 100.0
    for kind in KINDS:
        height = counts[kind] / top * 100
        y -= height
        if counts[kind]:
            parts.append(Part(kind, counts[kind], round(y, 3), round(height, 3)))
    return parts


def _day(figures: Mapping[str, Any]) -> date:
    return date.fromisoformat(figures["date"])


def round_up(number: int) -> int:
    """The next number that reads well on an axis and has a whole half, at least 4."""
    power = 1
    while True:
        for step in (4, 6, 8, 10, 20):
            if step * power >= number:
                return step * power
        power *= 10


def bars(counts: Mapping[str, int], *, whole: int | None = None) -> list[Bar]:
    """The counts as bars in their given order; shares of `whole`, or of their own sum."""
    total = sum(counts.values()) if whole is None else whole
    longest = max(counts.values(), default=0)
    return [
        Bar(
            name,
            count,
            round(count / total * 100, 1) if total else 0.0,
            round(count / longest * 100, 2) if longest else 0.0,
        )
        for name, count in counts.items()
    ]


@dataclass(frozen=True, slots=True)
class Hour:
    """A cell of the week's table; `shade` from 0 (nothing) to 5 (the busiest)."""

    weekday: int
    hour: int
    count: int
    shade: int

    @property
    def metric(self) -> str:
        return f"hour:{self.weekday}-{self.hour}"

    @property
    def span(self) -> str:
        return f"{self.hour:02}:00–{(self.hour + 1) % 24:02}:00"


def shade_hours(week: Sequence[Sequence[int]]) -> list[list[Hour]]:
    """Seven rows from Monday on, each with its 24 hours."""
    most = max((count for day in week for count in day), default=0)
    return [
        [Hour(weekday, hour, count, _shade(count, most)) for hour, count in enumerate(day)]
        for weekday, day in enumerate(week)
    ]


def busiest(hours: Sequence[Sequence[Hour]], *, most: int = 3) -> list[Hour]:
    found = [hour for day in hours for hour in day if hour.count]
    return sorted(found, key=lambda hour: (-hour.count, hour.weekday, hour.hour))[:most]


def _shade(count: int, most: int) -> int:
    return -(-count * SHADES // most) if count else 0
