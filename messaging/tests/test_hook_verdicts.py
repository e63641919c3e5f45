"""What a try means, as tables."""

from datetime import UTC, datetime, timedelta

import pytest

from messaging.hooks.verdicts import LONGEST_RETRY_AFTER, PAUSES, Tried, judge, retry_after_of

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DAYS = [timedelta(days=n) for n in range(7)]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_taken(status: int) -> None:
    assert judge(Tried(status), attempts=1, failing_for=None, chance=0).state == "delivered"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 500, 503, None])
def test_anything_else_is_tried_again_with_its_reason(status: int | None) -> None:
    verdict = judge(Tried(status, problem="No answer."), attempts=1, failing_for=None, chance=0)
    assert (verdict.state, verdict.pause) == ("waiting", 5.0)
    assert (str(status) if status else "No answer.") in verdict.problem


def test_the_pauses_are_those_of_the_table_and_after_the_last_it_is_given_up() -> None:
    assert list(PAUSES) == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for attempts, pause in enumerate(PAUSES, start=1):
        early, late = (
            judge(Tried(500), attempts=attempts, failing_for=None, chance=chance)
            for chance in (0.0, 1.0)
        )
        assert early.pause == pause and pause < late.pause <= pause * 1.2
    last = judge(Tried(500), attempts=len(PAUSES) + 1, failing_for=None, chance=0)
    assert (last.state, last.switch_off) == ("failed", "")


@pytest.mark.parametrize(
    ("status", "retry_after", "pause"),
    [
        (429, 60.0, 60.0),
        (503, 60.0, 60.0),
        (429, 1.0, 5.0),
        (429, 10**9, LONGEST_RETRY_AFTER),
        (500, 60.0, 5.0),
        (429, None, 5.0),
    ],
)
def test_retry_after_is_obeyed_within_reason(
    status: int, retry_after: float | None, pause: float
) -> None:
    tried = Tried(status, retry_after=retry_after)
    assert judge(tried, attempts=1, failing_for=None, chance=0).pause == pause


@pytest.mark.parametrize(
    ("status", "failing_for", "off"),
    [
        (410, None, True),
        (500, None, False),
        (500, DAYS[4], False),
        (500, DAYS[5], True),
        (200, DAYS[6], False),
    ],
)
def test_what_switches_an_endpoint_off(
    status: int, failing_for: timedelta | None, off: bool
) -> None:
    verdict = judge(Tried(status), attempts=1, failing_for=failing_for, chance=0)
    assert bool(verdict.switch_off) is off
    assert not off or verdict.state == "failed"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 04 May 2026 12:02:00 GMT", 120.0),
        ("Mon, 04 May 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_a_retry_after_header_is_a_number_or_a_date(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after_of(header, NOW) == seconds
