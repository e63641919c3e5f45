"""How figures become shapes and words."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from AI_model.insights.charts import bars, busiest, round_up, shade_hours, stack_days
from AI_model.insights.words import title_of
from AI_model.templatetags.insights import duration, money, of, short


def days_of(count: int, **answered: int) -> list[dict[str, Any]]:
    kinds = {"ai": 0, "people": 0, "mixed": 0, "nobody": 0} | answered
    first = date(2026, 3, 1)
    return [
        {"date": (first + timedelta(days=number)).isoformat(), "answered_by": kinds}
        for number in range(count)
    ]


def test_a_column_stands_on_the_ground_and_its_parts_on_each_other() -> None:
    chart = stack_days(days_of(1, ai=3, people=2))
    (column,) = chart.columns
    assert chart.top == 6 and column.total == 5
    assert [(part.kind, part.y, part.height) for part in column.parts] == [
        ("ai", 50.0, 50.0),
        ("people", 16.667, 33.333),
    ]


def test_columns_lie_side_by_side_within_the_chart() -> None:
    columns = stack_days(days_of(30, ai=1)).columns
    edges = [(column.x, column.x + column.width) for column in columns]
    assert edges[0][0] >= 0 and edges[-1][1] <= 100
    assert all(left[1] < right[0] for left, right in pairwise(edges))


@pytest.mark.parametrize(
    ("days", "columns", "first_days"), [(92, 92, 1), (365, 53, 1), (364, 52, 7)]
)
def test_a_long_time_is_shown_by_weeks_that_end_today(
    days: int, columns: int, first_days: int
) -> None:
    chart = stack_days(days_of(days, ai=1))
    assert len(chart.columns) == columns
    assert sum(column.total for column in chart.columns) == days
    first, last = chart.columns[0], chart.columns[-1]
    assert (first.last - first.first).days + 1 == first_days
    assert last.last == date(2026, 3, 1) + timedelta(days=days - 1)


def test_without_days_there_is_an_empty_chart() -> None:
    assert stack_days([]).columns == []


@pytest.mark.parametrize(
    ("number", "top"),
    [
        (0, 4),
        (4, 4),
        (5, 6),
        (7, 8),
        (9, 10),
        (11, 20),
        (31, 40),
        (99, 100),
        (101, 200),
        (900, 1000),
    ],
)
def test_the_axis_ends_at_a_round_number(number: int, top: int) -> None:
    assert round_up(number) == top


def test_bars_have_shares_of_all_and_widths_beside_the_longest() -> None:
    first, second, none = bars({"a": 3, "b": 1, "c": 0})
    assert (first.share, first.width) == (75.0, 100.0)
    assert (second.share, second.width) == (25.0, 33.33)
    assert (none.share, none.width) == (0.0, 0.0)


def test_the_busiest_hours_come_first_and_empty_ones_never() -> None:
    week = [[0] * 24 for _ in range(7)]
    week[1][9], week[4][20] = 10, 1
    hours = shade_hours(week)
    assert hours[1][9].shade == 5 and hours[4][20].shade == 1 and hours[0][0].shade == 0
    assert [hour.metric for hour in busiest(hours)] == ["hour:1-9", "hour:4-20"]


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "–"),
        (0, "0 ms"),
        (850, "850 ms"),
        (1250, "1.2 s"),
        (42_400, "42 s"),
        (59_900, "60 s"),
        (185_000, "3 min 5 s"),
        (7_800_000, "2 h 10 min"),
        (100_800_000, "1 d 4 h"),
        (3_600_000, "1 h"),
    ],
)
def test_times_read_in_their_two_largest_parts(milliseconds: float | None, words: str) -> None:
    assert duration(milliseconds) == words


@pytest.mark.parametrize(
    ("dollars", "words"),
    [
        (None, "–"),
        (0, "$0.00"),
        (1234.5, "$1,234.50"),
        (0.5, "$0.50"),
        (0.042, "$0.042"),
        (0.00031, "$0.00031"),
        (0.000000001, "$0.000000001"),
    ],
)
def test_small_money_shows_its_first_two_figures(dollars: float | None, words: str) -> None:
    assert money(dollars) == words


def test_large_numbers_are_short_and_shares_never_lie_about_a_little() -> None:
    assert [short(number) for number in (0, 999, 9_999, 12_345, 1_500_000)] == [
        "0",
        "999",
        "9,999",
        "12.3k",
        "1.5M",
    ]
    assert [of(1, 0), of(0, 3), of(1, 250), of(1, 3), of(3, 3)] == [
        "–",
        "0 %",
        "0.4 %",
        "33 %",
        "100 %",
    ]


@pytest.mark.parametrize(
    ("metric", "title"),
    [
        ("conversations", "All conversations"),
        ("answered_by:ai", "Answered by: AI alone"),
        ("resolution:resolved", "Resolved by AI"),
        ("handed_over:no_support", "Handed over: Nothing in the knowledge answers it"),
        ("hour:1-23", "Tuesday, 23:00 to 00:00"),
        ("hour:9-1", "9-1"),
        ("messages:customer", "messages:customer"),
    ],
)
def test_a_list_says_which_figure_it_explains(metric: str, title: str) -> None:
    assert title_of(metric) == title
