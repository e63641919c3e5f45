"""What limits say: scopes, bounds, states, and what may stand in them. No database."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from AI_model.budgets import (
    CUSTOMER_ANSWERS_PER_HOUR,
    Amount,
    AtLimit,
    Budgets,
    Limit,
    Period,
    State,
    bounds_of,
    problems_of,
    scopes_of,
    state_of,
)
from AI_model.metering import most_usage
from AI_model.providers.base import CompletionRequest, Media, Turn
from AI_model.providers.scripted import ScriptedProvider
from core.lib.clock import Deadline

AUCKLAND, HONOLULU = ZoneInfo("Pacific/Auckland"), ZoneInfo("Pacific/Honolulu")


@pytest.mark.parametrize(
    ("at", "zone", "day", "month"),
    [
        ("2026-11-21T12:00", UTC, "day:2026-11-21", "month:2026-11"),
        ("2026-11-30T23:59", UTC, "day:2026-11-30", "month:2026-11"),
        ("2026-11-30T11:00", AUCKLAND, "day:2026-12-01", "month:2026-12"),
        ("2026-11-30T10:59", AUCKLAND, "day:2026-11-30", "month:2026-11"),
        ("2027-01-01T09:59", HONOLULU, "day:2026-12-31", "month:2026-12"),
        ("2027-01-01T10:00", HONOLULU, "day:2027-01-01", "month:2027-01"),
    ],
)
def test_day_and_month_are_those_of_the_business(at: str, zone: Any, day: str, month: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)

    scopes = scopes_of(at=moment, zone=zone, conversation_id="c1")

    assert scopes == {
        Period.DAY: day,
        Period.MONTH: month,
        Period.CONVERSATION: "conversation:c1",
    }
    for scope in (day, month):
        start, end = bounds_of(scope, zone)
        assert start <= moment < end


def test_a_month_ends_where_the_next_begins_over_new_year_and_summer_time() -> None:
    for month, following in (("2026-12", "2027-01"), ("2026-02", "2026-03")):
        assert (
            bounds_of(f"month:{month}", AUCKLAND)[1] == bounds_of(f"month:{following}", AUCKLAND)[0]
        )
    start, end = bounds_of("day:2026-09-27", AUCKLAND)  # its clocks go forward
    assert (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() == 23 * 3600


def test_outside_a_conversation_nothing_counts_for_one() -> None:
    scopes = scopes_of(at=datetime.now(UTC), zone=UTC, conversation_id=None)
    assert set(scopes) == {Period.DAY, Period.MONTH}


@pytest.mark.parametrize(
    ("spent", "limit", "state"),
    [
        (0, 10, State.OK),
        (79, 100, State.OK),
        (80, 100, State.WARNED),
        (99, 100, State.WARNED),
        (100, 100, State.REACHED),
        (101, 100, State.REACHED),
        (3, 4, State.OK),
        (4, 5, State.WARNED),
        (0, 0, State.REACHED),
        (8 * 10**14 - 1, 10**15, State.OK),
        (8 * 10**14, 10**15, State.WARNED),
    ],
)
def test_states_begin_at_four_fifths_and_at_the_whole(spent: int, limit: int, state: State) -> None:
    assert state_of(spent=spent, limit=limit) is state


def test_the_limit_nearest_to_its_end_speaks_for_the_scope() -> None:
    limit = Limit(Period.DAY, tokens=1000, nanos=2_000_000_000)

    assert limit.state(Amount(tokens=100, nanos=1_700_000_000)) is State.WARNED
    standing = limit.nearest(Amount(tokens=100, nanos=1_700_000_000))
    assert (standing.name, standing.shown(standing.limit)) == ("daily_money", 2.0)
    assert limit.nearest(Amount(tokens=999, nanos=0)).name == "daily_tokens"


def test_only_scopes_with_a_limit_are_counted_and_always_in_one_order() -> None:
    budgets = Budgets.read({"monthly_money": 5, "conversation_tokens": 9, "daily_tokens": 7})

    at = datetime(2026, 11, 21, tzinfo=UTC)
    scopes = budgets.by_scope(at=at, zone=UTC, conversation_id="c1")

    assert list(scopes) == ["conversation:c1", "day:2026-11-21", "month:2026-11"]
    assert scopes["month:2026-11"] == Limit(Period.MONTH, nanos=5_000_000_000)
    alone = Budgets.read({"monthly_money": 0.1})
    assert list(alone.by_scope(at=at, zone=UTC, conversation_id="c1")) == ["month:2026-11"]


def test_what_is_left_out_is_no_limit_but_a_customers_hour() -> None:
    budgets = Budgets.read({})
    assert budgets.limits == []
    assert (budgets.at_limit, budgets.business_answers) == (AtLimit.FREE_MODEL, None)
    assert budgets.customer_answers == CUSTOMER_ANSWERS_PER_HOUR == 120


@pytest.mark.parametrize("stored", ["5", True, -1, float("nan"), float("inf"), [], {}])
def test_what_cannot_be_read_is_a_limit_of_nothing_rather_than_none(stored: Any) -> None:
    budgets = Budgets.read({"daily_money": stored, "monthly_tokens": stored})
    assert (budgets.day.nanos, budgets.month.tokens) == (0, 0)


@pytest.mark.parametrize(
    "good",
    [
        {},
        {"daily_tokens": 0, "monthly_tokens": 10**15, "conversation_tokens": 5.0},
        {"daily_money": 0.01, "monthly_money": 10**6, "conversation_money": 0},
        {"at_limit": "person", "customer_answers_per_hour": 1, "business_answers_per_hour": 10**6},
        {"daily_tokens": None, "at_limit": None},
    ],
)
def test_limits_that_may_be_set(good: dict[str, Any]) -> None:
    assert problems_of(good) == []


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ([], "object"),
        ({"weekly_tokens": 5}, "weekly_tokens"),
        ({"daily_tokens": -1}, "daily_tokens"),
        ({"daily_tokens": 1.5}, "daily_tokens"),
        ({"daily_tokens": True}, "daily_tokens"),
        ({"monthly_tokens": "12"}, "monthly_tokens"),
        ({"daily_money": float("nan")}, "daily_money"),
        ({"daily_money": 10**6 + 1}, "daily_money"),
        ({"at_limit": "stop"}, "at_limit"),
        ({"at_limit": ["person"]}, "at_limit"),
        ({"customer_answers_per_hour": 0.5}, "customer_answers_per_hour"),
    ],
)
def test_limits_that_may_not_be_set_are_named(bad: Any, named: str) -> None:
    [problem] = problems_of(bad)
    assert named in problem


@pytest.mark.parametrize(
    "text", ["word " * 50, "🇦🇫🧑‍🚀" * 40, "ظرف " * 60, "\u0f00" * 99, "{}[];" * 70]
)
def test_no_call_can_use_more_than_what_is_held_for_it(text: str) -> None:
    request = CompletionRequest(
        system=text,
        turns=(Turn("user", text), Turn("assistant", text)),
        max_tokens=200,
        temperature=None,
        deadline=Deadline.after(5),
    )
    most = most_usage(ScriptedProvider(), request)
    assert most.tokens_in >= 3 * len(text.encode())  # one token for each byte is the most there is
    assert most.tokens_out >= 200 + 1024


def test_pictures_and_sounds_are_held_for_too() -> None:
    picture, sound = Media("image/png", b"x" * 10), Media("audio/ogg", b"x" * 512 * 60)
    request = CompletionRequest(
        "", (Turn("user", "", (picture, sound)),), 1, None, Deadline.after(5)
    )
    # A minute of the thinnest sound there is, at 32 tokens a second.
    assert most_usage(ScriptedProvider(), request).tokens_in >= 8_192 + 32 * 60
