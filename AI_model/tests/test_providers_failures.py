"""Reading what vendors say about waiting."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from AI_model.providers.failures import retry_after_of, seconds_of


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "1"}, 1.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "x"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 99 Oct 2015 07:28:00 GMT"}, None),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_of(headers) == seconds


def test_a_date_to_come_is_the_time_until_then() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    assert 100 < (retry_after_of({"retry-after": soon}) or 0) <= 120


@pytest.mark.parametrize(
    ("duration", "seconds"), [("17s", 17.0), ("0.25s", 0.25), ("s", None), (17, None), (None, None)]
)
def test_googles_durations(duration: object, seconds: float | None) -> None:
    assert seconds_of(duration) == seconds
