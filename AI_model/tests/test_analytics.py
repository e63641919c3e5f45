"""Episodes, days and figures: everything adds up, however it was counted."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business
from AI_model.models import (
    AIRun,
    AnalyticsMark,
    DailyAnalytics,
    Episode,
    EpisodeEntry,
    EpisodeHour,
    UsageRecord,
)
from AI_model.services import episodes as counting
from AI_model.services.analytics import count_finished_days, day_bounds
from AI_model.services.episodes import refresh
from AI_model.services.figures import analytics_of, episodes_of
from AI_model.testing.history import History
from messaging.models import Channel, Conversation, Message

pytestmark = pytest.mark.django_db
# Two weeks in which each of these zones changes its clocks.
BEGINNINGS = {
    "UTC": datetime(2025, 3, 1, tzinfo=UTC),
    "America/New_York": datetime(2025, 3, 3, tzinfo=UTC),
    "Europe/Berlin": datetime(2025, 3, 24, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2025, 3, 31, tzinfo=UTC),
}
DAYS = 12
LATER = timedelta(days=60)


@pytest.fixture
def channel(webchat_channel: Channel) -> Channel:
    return webchat_channel


def history_of(channel: Channel, zone: str, conversations: int = 40) -> History:
    Business.objects.filter(pk=channel.business_id).update(timezone=zone)
    channel.business.refresh_from_db()
    first = BEGINNINGS[zone]
    return History(channel, seed=zone, first=first, days=DAYS, conversations=conversations)


def rows_of(business: Business) -> list[Any]:
    """Everything that was counted, without what depends on when and how often."""
    episodes = Episode.objects.filter(business=business).order_by("conversation_id", "number")
    told = [
        {k: v for k, v in row.items() if k not in {"id", "counted_at", "revision"}}
        for row in episodes.values()
    ]
    keys = ("episode__conversation_id", "episode__number")
    hours = EpisodeHour.objects.filter(business=business).values_list(
        *keys, "date", "hour", "customer", "ai", "support", "failed", "uncertain"
    )
    entries = EpisodeEntry.objects.filter(business=business).values_list(
        *keys, "entry_id", "title", "uses"
    )
    days = DailyAnalytics.objects.filter(business=business).values_list("date", "counts", "final")
    whole = [(day, counts, final) for day, counts, final in days if counts["conversations"]]
    return [told, sorted(hours), sorted(entries), sorted(whole, key=lambda row: row[0])]


def forget(business: Business) -> None:
    for model in (Episode, DailyAnalytics, AnalyticsMark):
        model.objects.filter(business=business).delete()


def figures_by_metric(figures: dict[str, Any]) -> dict[str, float]:
    """Each figure of an answer under the name of its list."""
    totals = figures["totals"]
    found = {
        "conversations": totals["conversations"],
        "handed_over": totals["handed_over"]["total"],
        "reopened": totals["reopened_within_7_days"],
        "first_answer": totals["first_answer_ms"]["count"],
        "ai": totals["ai_ms"]["count"],
        "calls": totals["calls"],
        "unpriced": totals["unpriced_calls"],
        "tokens": totals["tokens"]["in"] + totals["tokens"]["out"],
        "money": round(totals["money"] * 10**9),
    }
    for name in ("answered_by", "resolution", "messages"):
        found |= {f"{name}:{kind}": count for kind, count in totals[name].items()}
    found |= {f"handed_over:{r}": n for r, n in totals["handed_over"]["by_reason"].items()}
    found |= {f"entry:{top['entry_id']}": top["uses"] for top in figures["top_entries"]}
    for weekday, hours in enumerate(figures["busiest_hours"]):
        found |= {f"hour:{weekday}-{hour}": count for hour, count in enumerate(hours)}
    return found


@pytest.mark.parametrize("zone", BEGINNINGS)
def test_each_list_adds_up_to_its_figure(channel: Channel, zone: str) -> None:
    business = channel.business
    history_of(channel, zone, conversations=90).write(BEGINNINGS[zone] + LATER)
    refresh(business, now=BEGINNINGS[zone] + LATER)
    start = BEGINNINGS[zone].date()
    ranges = [(3, 3), (2, 8), (-2, 40)]
    seen: Counter[str] = Counter()
    for one, other in ranges:
        days = {"first": start + timedelta(one), "last": start + timedelta(other)}
        for metric, figure in figures_by_metric(analytics_of(business=business, **days)).items():
            rows = episodes_of(business=business, metric=metric, **days)
            assert sum(row.value for row in rows) == figure, (metric, days)  # type: ignore[attr-defined]
            assert rows.count() == len(rows) <= figure or metric == "tokens"
            seen[metric] += bool(figure)
    shown = {metric for metric in seen if seen[metric] and not metric.startswith("hour:")}
    missing = set(seen) - shown - {f"hour:{d}-{h}" for d in range(7) for h in range(24)}
    assert missing <= {"resolution:pending"}


@pytest.mark.parametrize("zone", BEGINNINGS)
def test_the_parts_split_the_whole_and_the_days_make_the_totals(
    channel: Channel, zone: str
) -> None:
    business = channel.business
    history_of(channel, zone).write(BEGINNINGS[zone] + LATER)
    refresh(business, now=BEGINNINGS[zone] + LATER)
    first, last = date(2025, 2, 20), date(2025, 5, 20)
    figures = analytics_of(business=business, first=first, last=last)
    totals = figures["totals"]
    for name in ("answered_by", "resolution"):
        assert sum(totals[name].values()) == totals["conversations"] > 30
        for kind, count in totals[name].items():
            assert sum(day[name][kind] for day in figures["days"]) == count
    for kind, count in totals["messages"].items():
        assert sum(day["messages"][kind] for day in figures["days"]) == count
    assert sum(sum(day) for day in figures["busiest_hours"]) == totals["messages"]["customer"]
    assert sum(day["money"] for day in figures["days"]) == pytest.approx(totals["money"])
    ledger = UsageRecord.objects.aggregate(Sum("money_nanos"), Sum("tokens_in"))
    assert round(totals["money"] * 10**9) == ledger["money_nanos__sum"]
    assert totals["tokens"]["in"] == ledger["tokens_in__sum"]


@pytest.mark.parametrize("zone", BEGINNINGS)
def test_messages_count_on_their_own_day_of_the_business(channel: Channel, zone: str) -> None:
    business = channel.business
    history_of(channel, zone).write(BEGINNINGS[zone] + LATER)
    refresh(business, now=BEGINNINGS[zone] + LATER)
    figures = analytics_of(business=business, first=date(2025, 2, 20), last=date(2025, 5, 20))
    assert len(figures["days"]) == 90
    for day in figures["days"]:
        start, end = day_bounds(date.fromisoformat(day["date"]), zone)
        written = Message.objects.filter(created_at__gte=start, created_at__lt=end)
        kinds = {kind: written.filter(type=kind).count() for kind in ("customer", "AI", "support")}
        states = {
            state: written.filter(delivery=state).count() for state in ("failed", "uncertain")
        }
        assert day["messages"] == kinds | states, day["date"]


@pytest.mark.parametrize("zone", ["UTC", "Australia/Lord_Howe"])
def test_counting_day_by_day_gives_the_same_as_counting_from_scratch(
    channel: Channel, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "BATCH", 7)
    business, history = channel.business, history_of(channel, zone)
    for day in range(1, 61, 3):
        now = BEGINNINGS[zone] + timedelta(days=day)
        history.write(now)
        refresh(business, now=now)
    by_day = rows_of(business)
    assert refresh(business, now=now).conversations == 0
    assert rows_of(business) == by_day
    forget(business)
    refresh(business, now=now)
    assert rows_of(business) == by_day
    assert Episode.objects.filter(resolution="resolved").exists()
    assert Episode.objects.filter(number__gt=1).exists()


def test_a_limit_leaves_the_rest_for_the_next_time(channel: Channel) -> None:
    business, now = channel.business, BEGINNINGS["UTC"] + LATER
    history_of(channel, "UTC").write(now)
    rounds = 0
    while not refresh(business, now=now, most=3).done:
        rounds += 1
        assert Episode.objects.values("conversation").distinct().count() == rounds * 3
    bit_by_bit = rows_of(business)
    forget(business)
    refresh(business, now=now)
    assert rows_of(business) == bit_by_bit and rounds == 13


def test_calls_that_move_no_conversation_are_counted_too(channel: Channel) -> None:
    business, now = channel.business, BEGINNINGS["UTC"] + LATER
    history_of(channel, "UTC", conversations=2).write(now)
    refresh(business, now=now)
    conversation = Conversation.objects.first()
    assert conversation is not None
    call = UsageRecord.objects.create(
        business=business, conversation=conversation, purpose="suggest", tokens_in=5
    )
    UsageRecord.objects.filter(pk=call.pk).update(created_at=now + timedelta(days=1))
    before = Episode.objects.aggregate(n=Sum("calls"))["n"]
    assert refresh(business, now=now + timedelta(days=2)).conversations == 1
    assert Episode.objects.aggregate(n=Sum("calls"))["n"] == before + 1
    assert refresh(business, now=now + timedelta(days=3)).conversations == 0


def test_a_new_time_zone_moves_everything_to_its_days(channel: Channel) -> None:
    business, now = channel.business, BEGINNINGS["UTC"] + LATER
    history_of(channel, "UTC").write(now)
    refresh(business, now=now)
    before = rows_of(business)
    business.timezone = "Pacific/Kiritimati"
    business.save()
    refresh(business, now=now)
    moved = rows_of(business)
    assert moved != before
    forget(business)
    refresh(business, now=now)
    assert rows_of(business) == moved


def test_a_day_that_nothing_is_left_of_shows_nothing(channel: Channel) -> None:
    business, now = channel.business, BEGINNINGS["UTC"] + LATER
    history_of(channel, "UTC", conversations=1).write(now)
    Conversation.objects.update(created_at=BEGINNINGS["UTC"] + timedelta(hours=23))
    Message.objects.update(created_at=BEGINNINGS["UTC"] + timedelta(hours=23))
    refresh(business, now=now)
    business.timezone = "Asia/Kolkata"
    business.save()
    refresh(business, now=now)
    days = {"first": date(2025, 3, 1), "last": date(2025, 3, 2)}
    figures = analytics_of(business=business, **days)["days"]
    assert [day["conversations"] for day in figures] == [0, 1]
    assert [day["messages"]["customer"] > 0 for day in figures] == [False, True]


def test_what_was_erased_stays_in_the_figures_without_a_name(
    channel: Channel, agent_api: APIClient
) -> None:
    business, now = channel.business, BEGINNINGS["UTC"] + LATER
    history_of(channel, "UTC").write(now)
    refresh(business, now=now)
    days = {"first": date(2025, 3, 1), "last": date(2025, 3, 31)}
    before = analytics_of(business=business, **days)["totals"]
    Conversation.objects.all().delete()
    refresh(business, now=now + timedelta(days=1))
    assert analytics_of(business=business, **days)["totals"] == before
    asked = {"metric": "conversations", "from": "2025-03-01", "to": "2025-03-31"}
    listed = agent_api.get("/api/v1/ai/analytics/conversations/", asked).json()
    assert listed["count"] == before["conversations"] > 0
    assert {(row["conversation_id"], row["customer"]) for row in listed["results"]} == {
        (None, None)
    }


def test_what_retention_deleted_stays_counted_when_a_conversation_goes_on(
    channel: Channel,
) -> None:
    business, history = channel.business, history_of(channel, "UTC")
    middle, end = BEGINNINGS["UTC"] + timedelta(days=8), BEGINNINGS["UTC"] + LATER
    history.write(middle)
    refresh(business, now=middle)
    for model in (Message, AIRun, UsageRecord):
        model.objects.filter(business=business).delete()
    history.write(end)
    refresh(business, now=end)
    with_gaps = rows_of(business)
    twin = Channel.objects.create(business=business, kind="webchat", name="Twin")
    forget(business)
    Conversation.objects.all().delete()
    again = history_of(twin, "UTC")
    again.write(middle)
    again.write(end)
    refresh(business, now=end)
    assert figures_of(with_gaps) == figures_of(rows_of(business))


def figures_of(rows: list[Any]) -> list[Any]:
    """Without the time to an answer whose question is gone."""
    return [(day, counts | {"first_answer": {}}) for day, counts, _ in rows[3]]


def test_the_number_of_statements_does_not_grow_with_what_is_counted(
    channel: Channel, agent_api: APIClient
) -> None:
    business, now = channel.business, BEGINNINGS["UTC"] + LATER
    history_of(channel, "UTC", conversations=3).write(now)
    with CaptureQueriesContext(
        connection,
    ) as few:
        refresh(business, now=now)
    forget(business)
    Conversation.objects.all().delete()
    History(channel, seed="more", first=BEGINNINGS["UTC"], days=2, conversations=25).write(now)
    with CaptureQueriesContext(connection) as many:
        refresh(business, now=now)
    assert len(many) <= len(few) + 6
    counts = []
    for size in (1, 40):
        asked = {"metric": "messages:customer", "from": "2025-03-01", "page_size": size, "days": 9}
        with CaptureQueriesContext(connection) as asking:
            answer = agent_api.get(
                "/api/v1/ai/analytics/conversations/", asked | {"to": "2025-04-30"}
            )
        assert answer.status_code == 200, answer.json()
        counts.append(len(asking))
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_that_count_at_once_come_to_the_same(
    webchat_channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "BATCH", 3)
    business, now = webchat_channel.business, BEGINNINGS["UTC"] + LATER
    history = history_of(webchat_channel, "UTC")
    history.write(now)
    barrier, trouble = threading.Barrier(4), list[BaseException]()

    def count() -> None:
        try:
            barrier.wait()
            refresh(business, now=now)
        except BaseException as error:
            trouble.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert AnalyticsMark.objects.get().busy_until is None
    together = rows_of(business)
    assert AnalyticsMark.objects.get().days == []
    forget(business)
    refresh(business, now=now)
    assert rows_of(business) == together and len(together[0]) > 40


def test_one_counts_at_a_time_and_a_dead_one_is_not_waited_for(channel: Channel) -> None:
    business, now = channel.business, BEGINNINGS["UTC"] + LATER
    history_of(channel, "UTC", conversations=6).write(now)
    mark = counting.mark_of(business)
    AnalyticsMark.objects.update(busy_until=timezone.now() + timedelta(minutes=1))
    assert not refresh(business, now=now).done
    assert not Episode.objects.exists()
    AnalyticsMark.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    assert refresh(business, now=now).done
    assert Episode.objects.count() >= 6
    with pytest.raises(counting.Overtaken):
        counting.take_turn(mark)


@pytest.mark.parametrize(
    ("zone", "metric", "slowest"),
    [("UTC", "first_answer", "first_answer_ms"), ("Europe/Berlin", "ai", "slowest_ai_ms")],
)
def test_the_slow_are_those_above_the_percentile(
    channel: Channel, zone: str, metric: str, slowest: str
) -> None:
    business = channel.business
    history_of(channel, zone, conversations=80).write(BEGINNINGS[zone] + LATER)
    refresh(business, now=BEGINNINGS[zone] + LATER)
    days = {"first": date(2025, 2, 20), "last": date(2025, 5, 20)}
    times = analytics_of(business=business, **days)["totals"][f"{metric}_ms"]
    slow = episodes_of(business=business, metric=f"{metric}:slow", **days)
    if metric == "ai":
        every = sorted(ms for row in Episode.objects.all() for ms in row.ai_ms)
    else:
        found = Episode.objects.filter(first_answer_ms__isnull=False)
        every = sorted(found.values_list("first_answer_ms", flat=True))
    exact = every[-(-len(every) * 95 // 100) - 1]
    assert exact <= times["p95"] <= exact * 1.05 + 1 and len(every) == times["count"] > 20
    expected = Episode.objects.filter(**{f"{slowest}__gt": times["p95"]})
    assert set(slow) == set(expected) != set()


def test_the_night_counts_every_business_though_one_has_nothing(
    channel: Channel, other_business: Business
) -> None:
    history_of(channel, "UTC").write(BEGINNINGS["UTC"] + LATER)
    now = BEGINNINGS["UTC"] + LATER
    assert count_finished_days(now=now) == DailyAnalytics.objects.count() > DAYS
    assert count_finished_days(now=now) == 0
    assert {mark.counted_to for mark in AnalyticsMark.objects.all()} == {now}
    assert DailyAnalytics.objects.exclude(business=channel.business).count() == 0
