"""Sums of the ledger: over REST, rolled up at night, and never counted twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.maintenance import generate_analytics
from AI_model.models import UsageDay, UsageRecord
from AI_model.services.usage import roll_up, rolled_to
from AI_model.services.usage_figures import TOP

pytestmark = pytest.mark.django_db
STATS, GLOBAL = "/api/v1/ai/usage/stats/", "/api/v1/ai/usage/global/"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOTHING = {
    "calls": 0,
    "failed": 0,
    "unpriced": 0,
    "tokens_in": 0,
    "tokens_out": 0,
    "tokens_cached": 0,
    "tokens_thinking": 0,
    "money": 0,
}
SUMS = set(NOTHING)
Add = Callable[..., UsageRecord]


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def add(business: Business) -> Add:
    def make(at: datetime = NOW, **given: Any) -> UsageRecord:
        values = {
            "business": business,
            "purpose": "answer",
            "provider": "acme",
            "model": "luna",
            "tokens_in": 100,
            "tokens_out": 10,
            "tokens_cached": 40,
            "tokens_thinking": 4,
            "money_nanos": 2_000_000,
            "outcome": "ok",
        }
        row = UsageRecord.objects.create(**values | given)
        UsageRecord.objects.filter(pk=row.pk).update(created_at=at)
        return row

    return make


def get(api: APIClient, path: str = STATS, **query: Any) -> dict[str, Any]:
    answer = api.get(path, query)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def spread(add: Add, owner: User) -> None:
    """Over forty days: members and none, purposes, models, failures, no price."""
    for back in range(40):
        at = NOW - timedelta(days=back, hours=back % 11)
        add(at, user=owner if back % 3 else None, model=f"luna-{back % 2}")
        add(at, purpose="read_media", outcome="timeout", money_nanos=0, tokens_in=back)
        if back % 5 == 0:
            add(at, model="unheard-of", money_nanos=None)


def test_calls_are_summed_in_every_way(owner: User, agent_api: APIClient, add: Add) -> None:
    add()
    add(NOW - timedelta(days=1), user=owner, outcome="cut", money_nanos=500_000_000)
    add(NOW - timedelta(days=1), purpose="ask", model="nobody-knows", money_nanos=None)
    add(NOW - timedelta(days=30), tokens_in=999)
    body = get(agent_api)
    assert body["totals"] == {
        "calls": 3,
        "failed": 1,
        "unpriced": 1,
        "tokens_in": 300,
        "tokens_out": 30,
        "tokens_cached": 120,
        "tokens_thinking": 12,
        "money": 0.502,
    }
    about = {name: body[name] for name in ("days", "date_from", "date_to", "currency", "timezone")}
    assert about == {
        "days": 30,
        "date_from": "2026-10-23",
        "date_to": "2026-11-21",
        "currency": "USD",
        "timezone": "UTC",
    }
    assert [(day["date"], day["calls"]) for day in body["by_day"][-3:]] == [
        ("2026-11-19", 0),
        ("2026-11-20", 2),
        ("2026-11-21", 1),
    ]
    assert len(body["by_day"]) == 30
    assert [(m["provider"], m["model"], m["money"], m["unpriced"]) for m in body["by_model"]] == [
        ("acme", "luna", 0.502, 0),
        ("acme", "nobody-knows", 0, 1),
    ]
    assert [(p["purpose"], p["calls"]) for p in body["by_purpose"]] == [("answer", 2), ("ask", 1)]
    assert [(u["user"], u["calls"]) for u in body["by_user"]] == [
        ({"id": owner.pk, "username": "owner"}, 1),
        (None, 2),
    ]
    assert body["budgets"] == []


def test_without_calls_everything_is_nothing(agent_api: APIClient) -> None:
    body = get(agent_api, days=2)
    assert body["totals"] == NOTHING
    assert body["by_day"] == [
        {"date": "2026-11-20"} | NOTHING,
        {"date": "2026-11-21"} | NOTHING,
    ]
    assert body["by_model"] == body["by_purpose"] == body["by_user"] == []


@pytest.mark.parametrize("days", ["0", "367", "-1", "1.5", "week", "9" * 40])
def test_days_out_of_range_are_refused_by_name(agent_api: APIClient, days: str) -> None:
    answer = agent_api.get(STATS, {"days": days})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["days"])
    assert agent_api.get(STATS, {"page": 2}).status_code == 400


def test_figures_are_of_the_own_business_only(other_api: APIClient, add: Add) -> None:
    add()
    assert get(other_api)["totals"] == NOTHING


@pytest.mark.parametrize("zone", ["UTC", "America/St_Johns", "Pacific/Kiritimati", "Europe/Berlin"])
@pytest.mark.parametrize("days", [1, 3, 4, 30, 366])
def test_rolling_up_changes_no_figure(
    business: Business, owner: User, owner_api: APIClient, add: Add, zone: str, days: int
) -> None:
    Business.objects.filter(pk=business.pk).update(timezone=zone)
    spread(add, owner)
    before = get(owner_api, days=days)
    assert roll_up() > 30
    assert get(owner_api, days=days) == before
    for split in ("by_day", "by_model", "by_purpose", "by_user"):
        for name in SUMS:
            parts = sum(part[name] for part in before[split])
            assert parts == pytest.approx(before["totals"][name]), (split, name)


def test_rolled_up_rows_may_go(
    business: Business, owner: User, owner_api: APIClient, add: Add
) -> None:
    spread(add, owner)
    before = get(owner_api, days=366)
    roll_up()
    assert rolled_to(business) == datetime(2026, 11, 19, tzinfo=UTC)
    gone, _ = UsageRecord.objects.filter(created_at__lt=rolled_to(business)).delete()
    assert gone > 50
    assert get(owner_api, days=366) == before
    roll_up()
    assert get(owner_api, days=366) == before


def test_today_and_the_two_days_before_stay_in_the_ledger(add: Add) -> None:
    for back in range(5):
        add(NOW - timedelta(days=back))
    roll_up()
    stored = list(UsageDay.objects.order_by("date").values_list("date", flat=True))
    assert stored == [date(2026, 11, 17), date(2026, 11, 18)]


def test_night_after_night_each_call_is_counted_once(
    noon: Any, api_for: Any, owner: User, add: Add
) -> None:
    for night in range(6):
        noon.move_to(NOW + timedelta(days=night))
        add(NOW + timedelta(days=night))
        generate_analytics()
        generate_analytics()
        assert get(api_for(owner))["totals"]["calls"] == night + 1
    assert UsageDay.objects.count() == 3


def test_a_business_that_moves_to_another_zone_counts_each_call_once(
    noon: Any, business: Business, api_for: Any, owner: User, add: Add
) -> None:
    for hour in range(0, 240, 3):
        add(NOW - timedelta(hours=hour))
    for zone in ("Pacific/Kiritimati", "Pacific/Niue", "UTC", "Asia/Kolkata"):
        Business.objects.filter(pk=business.pk).update(timezone=zone)
        roll_up()
        assert get(api_for(owner))["totals"]["calls"] == 80
        noon.shift(timedelta(hours=17))


@pytest.mark.django_db(transaction=True)
def test_two_roll_ups_at_once_store_each_day_once(business: Business, add: Add) -> None:
    for back in range(3, 23):
        add(NOW - timedelta(days=back))

    def run(_: int) -> int:
        try:
            return roll_up(now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, range(4)))
    roll_up()
    dates = list(UsageDay.objects.values_list("date", "calls"))
    assert sorted(dates) == sorted((NOW.date() - timedelta(days=n), 1) for n in range(3, 23))


def test_platform_staff_see_all_businesses_together(
    api_for: Any, staff: User, business: Business, other_business: Business, add: Add
) -> None:
    """Each call counts on the day that it was at its own business."""
    Business.objects.filter(pk=other_business.pk).update(timezone="Pacific/Kiritimati")
    add()
    add(NOW - timedelta(days=5), business=other_business, money_nanos=7_000_000)
    add(business=other_business)
    before = get(api_for(staff), GLOBAL, days=7)
    assert (before["totals"]["calls"], before["totals"]["money"]) == (3, 0.011)
    assert [(b["business"], b["calls"]) for b in before["by_business"]] == [
        ({"id": other_business.pk, "name": "Harbour Tea"}, 2),
        ({"id": business.pk, "name": "Kite Bikes"}, 1),
    ]
    dates = [day["date"] for day in before["by_day"] if day["calls"]]
    assert dates == ["2026-11-17", "2026-11-21", "2026-11-22"]
    roll_up()
    assert UsageDay.objects.count() == 1
    assert get(api_for(staff), GLOBAL, days=7) == before


def test_each_business_has_its_own_border_of_what_is_summed(
    api_for: Any, staff: User, business: Business, other_business: Business, add: Add
) -> None:
    Business.objects.filter(pk=other_business.pk).update(timezone="Pacific/Kiritimati")
    for hours in range(0, 96, 3):
        add(NOW - timedelta(hours=hours))
        add(NOW - timedelta(hours=hours), business=other_business)
    before = get(api_for(staff), GLOBAL, days=7)
    assert before["totals"]["calls"] == 64
    roll_up()
    assert rolled_to(business) != rolled_to(other_business)
    assert get(api_for(staff), GLOBAL, days=7) == before


def test_only_platform_staff_see_all_businesses(
    owner_api: APIClient, agent_api: APIClient, api_client: APIClient, api_for: Any, staff: User
) -> None:
    assert [api.get(GLOBAL).status_code for api in (owner_api, agent_api)] == [403, 403]
    assert api_client.get(GLOBAL).status_code == 401
    assert api_for(staff).get(STATS).status_code == 403
    assert get(api_for(staff), GLOBAL)["totals"] == NOTHING


def test_long_lists_end_and_totals_do_not(api_for: Any, staff: User, add: Add) -> None:
    for number in range(TOP + 2):
        add(business=Business.objects.create(name=f"Shop {number}"), money_nanos=number)
    body = get(api_for(staff), GLOBAL)
    assert (len(body["by_business"]), body["totals"]["calls"]) == (TOP, TOP + 2)
    assert body["by_business"][0]["business"]["name"] == f"Shop {TOP + 1}"


@pytest.mark.parametrize("path", [STATS, GLOBAL])
def test_figures_take_the_same_few_statements_however_many_rows(
    path: str, api_for: Any, owner: User, staff: User, add: Add
) -> None:
    api = api_for(staff if path == GLOBAL else owner)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            get(api, path, days=366)
        return len(asked)

    add(user=owner)
    few = statements()
    spread(add, owner)
    roll_up()
    for number in range(5):
        add(business=Business.objects.create(name=f"Shop {number}", timezone="Asia/Tokyo"))
    assert statements() == few <= 8
