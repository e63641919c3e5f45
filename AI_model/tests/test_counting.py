"""How a thread becomes episodes, and times become percentiles: tables, no database."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from AI_model.counting import Change, Run, Said, Thread, count_thread
from AI_model.histogram import EDGES, bucket_of, count_times, merge, percentile

START = datetime(2025, 3, 30, 0, 30, tzinfo=UTC)
DAY = 86_400
CUSTOMER, AI, TEAM = "customer", "AI", "support"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def said(seq: int, type: str, seconds: float, delivery: str = "sent") -> Said:
    return Said(seq, type, None if type == CUSTOMER else delivery, at(seconds), [])


def change(seq: int, before: str, after: str, seconds: float, by: str = "person") -> Change:
    return Change(seq, before, after, by, "no_support" if by == "ai" else "", at(seconds))


def thread(*rows: Said | Change | Run, status: str = "active") -> Thread:
    return Thread(
        "c",
        "webchat",
        status,
        START,
        START,
        9,
        said=[row for row in rows if isinstance(row, Said)],
        changes=[row for row in rows if isinstance(row, Change)],
        runs=[row for row in rows if isinstance(row, Run)],
    )


ASKED, ANSWERED = said(1, CUSTOMER, 0), said(2, AI, 2)
OFFERED = Run(2, "offered", at(1), at(2))
CHOSEN = (said(3, CUSTOMER, 8), said(4, AI, 9))
CLOSED = change(5, "active", "closed", 60)
TAKEN_OVER = change(3, "active", "support_active", 10)


@pytest.mark.parametrize(
    ("rows", "days", "expected"),
    [
        ((ASKED,), 99, [("nobody", "open")]),
        ((ASKED, ANSWERED), 99, [("ai", "open")]),
        ((ASKED, CLOSED), 0, [("nobody", "unanswered")]),
        ((ASKED, ANSWERED, CLOSED), 0, [("ai", "pending")]),
        ((ASKED, ANSWERED, CLOSED), 6.9, [("ai", "pending")]),
        ((ASKED, ANSWERED, CLOSED), 7.1, [("ai", "resolved")]),
        ((ASKED, said(2, AI, 2, "failed"), CLOSED), 9, [("nobody", "unanswered")]),
        ((ASKED, said(2, AI, 2, "uncertain"), CLOSED), 9, [("ai", "resolved")]),
        ((ASKED, ANSWERED, OFFERED, CLOSED), 9, [("nobody", "unanswered")]),
        ((ASKED, ANSWERED, OFFERED, *CHOSEN, CLOSED), 9, [("ai", "resolved")]),
        ((ASKED, ANSWERED, OFFERED, said(4, TEAM, 9), CLOSED), 9, [("people", "people")]),
        ((ASKED, said(2, TEAM, 2), CLOSED), 9, [("people", "people")]),
        ((ASKED, ANSWERED, TAKEN_OVER, CLOSED), 9, [("ai", "people")]),
        ((ASKED, ANSWERED, TAKEN_OVER, said(4, TEAM, 9), CLOSED), 9, [("mixed", "people")]),
        (
            (ASKED, ANSWERED, CLOSED, change(6, "closed", "active", 6 * DAY), said(6, AI, 6 * DAY)),
            99,
            [("ai", "reopened"), ("ai", "open")],
        ),
        (
            (ASKED, ANSWERED, CLOSED, change(6, "closed", "active", 8 * DAY)),
            99,
            [("ai", "resolved"), ("nobody", "open")],
        ),
        (
            (ASKED, said(2, AI, 2), change(2, "active", "support_active", 2, "ai"), CLOSED),
            9,
            [("nobody", "unanswered")],
        ),
        (
            (ASKED, said(2, AI, 2), Run(2, "handed_over", at(1), at(2)), CLOSED),
            9,
            [("nobody", "unanswered")],
        ),
    ],
)
def test_who_answered_and_what_came_of_it(
    rows: tuple[Said | Change | Run, ...], days: float, expected: list[tuple[str, str]]
) -> None:
    counted = count_thread(thread(*rows), zone=ZoneInfo("UTC"), now=at(60 + days * DAY))
    found = [(one.fields["answered_by"], one.fields["resolution"]) for one in counted]
    assert found == expected


def test_the_customers_first_words_of_a_reopening_belong_to_it() -> None:
    reopened = change(6, "closed", "active", DAY, "customer")
    rows = (ASKED, CLOSED, reopened, said(6, CUSTOMER, DAY), said(7, CUSTOMER, DAY))
    first, second = count_thread(thread(*rows), zone=ZoneInfo("UTC"), now=at(DAY))
    assert (first.fields["customer_messages"], second.fields["customer_messages"]) == (1, 2)
    assert (second.number, second.fields["from_seq"]) == (2, 6)


def test_the_answer_to_a_question_is_timed_not_the_hand_over() -> None:
    over = change(2, "active", "support_active", 3, "ai")
    rows = (ASKED, said(2, AI, 3), over, said(4, TEAM, 90))
    (one,) = count_thread(thread(*rows), zone=ZoneInfo("UTC"), now=at(100))
    assert (one.fields["first_answer_ms"], one.fields["handover_reason"]) == (90_000, "no_support")


def test_hours_are_those_of_the_business_when_the_clocks_change() -> None:
    rows = [said(n, CUSTOMER, n * 1800) for n in range(1, 6)]
    (one,) = count_thread(thread(*rows), zone=ZoneInfo("Europe/Berlin"), now=at(0))
    assert {hour: counts[0] for (_, hour), counts in one.hours.items()} == {3: 2, 4: 2, 5: 1}


@pytest.mark.parametrize("percent", [50, 95])
def test_a_percentile_of_merged_days_is_right_within_five_percent(percent: int) -> None:
    rng = Random(percent)
    days = [[int(rng.expovariate(1 / 9_000)) for _ in range(rng.randrange(80))] for _ in range(30)]
    exact = sorted(ms for day in days for ms in day)
    exact_at = exact[-(-len(exact) * percent // 100) - 1]
    found = percentile(merge(map(count_times, days)), percent)
    assert found is not None and exact_at <= found <= exact_at * 1.05


def test_buckets_hold_what_is_up_to_their_edge() -> None:
    assert all(bucket_of(edge) == n for n, edge in enumerate(EDGES))
    assert all(bucket_of(edge + 1) == n + 1 for n, edge in enumerate(EDGES[:-1]))
    assert bucket_of(EDGES[-1] * 9) == len(EDGES) - 1
    assert percentile({}, 95) is None
