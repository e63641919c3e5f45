from datetime import UTC, date, datetime, time

import pytest

from settings_app.hours import Span, is_open, next_opening

WORKDAYS = [Span(day, time(9), time(18)) for day in range(5)]
BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "timezone", "spans", "holidays", "expected"),
    [
        # 2026-03-30 is a Monday, the day after summer time began in Berlin.
        ("2026-03-30T07:00", BERLIN, WORKDAYS, [], True),
        ("2026-03-30T06:59", BERLIN, WORKDAYS, [], False),
        ("2026-03-27T07:59", BERLIN, WORKDAYS, [], False),
        ("2026-03-27T08:00", BERLIN, WORKDAYS, [], True),
        ("2026-03-27T16:59", BERLIN, WORKDAYS, [], True),
        ("2026-03-27T17:00", BERLIN, WORKDAYS, [], False),
        ("2026-03-28T10:00", BERLIN, WORKDAYS, [], False),
        ("2026-03-28T10:00", BERLIN, [], [], True),
        ("2026-03-30T10:00", BERLIN, WORKDAYS, [date(2026, 3, 30)], False),
        ("2026-03-30T10:00", BERLIN, [], [date(2026, 3, 30)], False),
        # The holiday is the business's own date, not the one in UTC.
        ("2026-03-29T23:30", BERLIN, [], [date(2026, 3, 30)], False),
        ("2026-03-30T22:30", BERLIN, [], [date(2026, 3, 30)], True),
        ("2026-03-30T20:59", BERLIN, [Span(0, time(20), time(0))], [], True),
        ("2026-03-30T21:59", BERLIN, [Span(0, time(20), time(0))], [], True),
        ("2026-03-30T22:00", BERLIN, [Span(0, time(20), time(0))], [], False),
        ("2026-03-30T05:00", BERLIN, [Span(0, time(0), time(0))], [], True),
        # The wall clock shows 02:30 twice when summer time ends, and never when it begins.
        ("2026-10-25T00:30", BERLIN, [Span(6, time(2, 30), time(3))], [], True),
        ("2026-10-25T01:10", BERLIN, [Span(6, time(2, 30), time(3))], [], False),
        ("2026-10-25T01:30", BERLIN, [Span(6, time(2, 30), time(3))], [], True),
        ("2026-03-29T01:00", BERLIN, [Span(6, time(2), time(4))], [], True),
        ("2026-03-30T03:00", "Asia/Kathmandu", WORKDAYS, [], False),
        ("2026-03-30T03:15", "Asia/Kathmandu", WORKDAYS, [], True),
    ],
)
def test_open_follows_the_wall_clock_of_the_business(
    at: str, timezone: str, spans: list[Span], holidays: list[date], expected: bool
) -> None:
    assert is_open(at=utc(at), timezone=timezone, spans=spans, holidays=holidays) is expected


@pytest.mark.parametrize(
    ("at", "spans", "holidays", "expected"),
    [
        ("2026-03-30T08:00", WORKDAYS, [], "2026-03-30T08:00"),
        ("2026-03-30T05:00", WORKDAYS, [], "2026-03-30T07:00"),
        ("2026-03-27T20:00", WORKDAYS, [], "2026-03-30T07:00"),
        ("2026-03-27T20:00", WORKDAYS, [date(2026, 3, 30)], "2026-03-31T07:00"),
        ("2026-03-30T08:00", [], [date(2026, 3, 30)], "2026-03-30T22:00"),
        (
            "2026-03-30T10:30",
            [Span(0, time(9), time(12)), Span(0, time(14), time(18))],
            [],
            "2026-03-30T12:00",
        ),
        # Opening at 02:30 on the day without a 02:30: when the clock jumps past it.
        ("2026-03-28T12:00", [Span(6, time(2, 30), time(5))], [], "2026-03-29T01:00"),
        # Between the two showings of 02:30, the second one comes next.
        ("2026-10-25T01:10", [Span(6, time(2, 30), time(3))], [], "2026-10-25T01:30"),
    ],
)
def test_the_next_opening_is_the_first_open_moment(
    at: str, spans: list[Span], holidays: list[date], expected: str
) -> None:
    found = next_opening(at=utc(at), timezone=BERLIN, spans=spans, holidays=holidays)
    assert found is not None
    assert str(found.tzinfo) == BERLIN
    assert found.astimezone(UTC) == utc(expected)


def test_a_business_on_holiday_all_year_never_opens() -> None:
    year = [date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(800)]
    assert (
        next_opening(at=utc("2026-01-01T10:00"), timezone=BERLIN, spans=[], holidays=year) is None
    )
