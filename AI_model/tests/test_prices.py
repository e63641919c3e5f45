"""Which price holds, and how it comes into the table and the ledger."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Business
from AI_model.generation import CallRecord
from AI_model.models import ModelPrice, UsageRecord
from AI_model.providers.base import Usage
from AI_model.services.ledger import record_calls
from AI_model.services.prices import KEPT_SECONDS, PriceList, price_for, unpriced_models
from AI_model.shipped_prices import PRICES
from core.testing.emptying import tell_migrated

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def add_price() -> Callable[..., ModelPrice]:
    def add(model: str, dollars: str = "1", **given: Any) -> ModelPrice:
        values = {"input": Decimal(dollars), "output": Decimal(dollars), "valid_from": NOW} | given
        return ModelPrice.objects.create(provider="acme", model=model, **values)

    return add


def found(model: str, at: datetime | None = None) -> str | None:
    price = price_for(provider="acme", model=model, at=at)
    return f"{price.model} {price.input.normalize()}" if price else None


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("luna", "luna 1"),
        ("luna-2026-09-01", "luna 1"),
        ("luna-mini", "luna-mini 2"),
        ("luna-mini-2026-09-01", "luna-mini 2"),
        ("luna-minimal", "luna 1"),
        ("lunatic", None),
        ("lun", None),
        ("", None),
        ("Luna", None),
    ],
)
def test_a_model_has_the_price_of_the_longest_known_name_it_goes_on_from(
    add_price: Callable[..., ModelPrice], model: str, expected: str | None
) -> None:
    add_price("luna", "1")
    add_price("luna-mini", "2")
    assert found(model, NOW) == expected
    assert price_for(provider="other", model=model, at=NOW) is None


def test_a_price_holds_from_its_own_moment_on(add_price: Callable[..., ModelPrice]) -> None:
    add_price("luna", "1", valid_from=NOW - timedelta(days=2))
    add_price("luna", "2", valid_from=NOW)
    add_price("luna-mini", "9", valid_from=NOW + timedelta(days=2))
    hour = timedelta(hours=1)
    assert [found("luna", NOW + n * hour) for n in (-49, -48, -1, 0)] == [
        None,
        "luna 1",
        "luna 1",
        "luna 2",
    ]
    assert found("luna-mini", NOW) == "luna 2"
    assert found("luna-mini", NOW + 48 * hour) == "luna-mini 9"


def test_prices_are_read_once_for_many_calls_and_again_within_seconds(
    add_price: Callable[..., ModelPrice],
) -> None:
    add_price("luna", "1")
    now = 1000.0
    prices = PriceList(clock=lambda: now)
    with CaptureQueriesContext(connection) as asked:
        assert [prices.of("acme")["luna"][0].input for _ in range(3)] == [1, 1, 1]
    assert len(asked) == 1
    ModelPrice.objects.filter(model="luna").update(input=3)
    now += KEPT_SECONDS - 0.1
    assert prices.of("acme")["luna"][0].input == 1
    now += 0.1
    assert prices.of("acme")["luna"][0].input == 3
    assert KEPT_SECONDS <= 10


def test_a_price_that_is_added_here_counts_at_once(add_price: Callable[..., ModelPrice]) -> None:
    assert found("luna", NOW) is None
    add_price("luna")
    assert found("luna", NOW) == "luna 1"


def names() -> set[tuple[str, str]]:
    return set(ModelPrice.objects.values_list("provider", "model"))


def test_a_new_database_knows_what_the_vendors_charge() -> None:
    assert names() == {(provider, model) for provider, model, *_ in PRICES}
    luna = price_for(provider="openai", model="gpt-6-luna-2026-09-01")
    assert luna is not None
    assert (luna.input, luna.output, luna.cached) == (Decimal("0.1"), Decimal("0.5"), None)
    assert [luna.long_from, str(luna.long_input_factor)] == [272_000, "2.00"]
    assert str(luna.long_output_factor) == "1.50"
    free = price_for(provider="embedded", model="embedded")
    assert free is not None and not free.input and not free.output


def test_an_operators_price_stays_and_a_missing_one_comes_back() -> None:
    ModelPrice.objects.all().delete()
    ModelPrice.objects.create(provider="openai", model="gpt-6-luna", input=7, output=7)
    tell_migrated()
    tell_migrated()
    assert names() == {(provider, model) for provider, model, *_ in PRICES}
    assert ModelPrice.objects.get(model="gpt-6-luna").input == 7
    assert ModelPrice.objects.count() == len(PRICES)


@pytest.mark.django_db(transaction=True)
def test_an_emptied_database_gets_them_again() -> None:
    assert price_for(provider="embedded", model="embedded")
    call_command("flush", interactive=False, verbosity=0)
    price = price_for(provider="embedded", model="embedded")
    assert price is not None and ModelPrice.objects.filter(pk=price.pk).exists()


def call(model: str, usage: Usage, outcome: str = "ok") -> CallRecord:
    return CallRecord("acme", model, usage, 12, outcome)


def record(business: Business, *calls: CallRecord) -> list[UsageRecord]:
    record_calls(business_id=business.pk, purpose="answer", calls=calls)
    return list(UsageRecord.objects.order_by("pk").select_related("price"))


def test_a_call_is_written_down_with_its_price_and_what_it_cost(
    business: Business, add_price: Callable[..., ModelPrice]
) -> None:
    price = add_price("luna", "1", cached=Decimal("0.1"), valid_from=timezone.now())
    rows = record(
        business,
        call("luna-2026", Usage(1000, 10, tokens_cached=500, tokens_thinking=4)),
        call("luna-2026", Usage(), "rate_limited"),
        call("unheard-of", Usage(5, 5)),
    )
    # 500 x 1,000 + 500 x 100 + 10 x 1,000
    assert [(row.price, row.money_nanos) for row in rows] == [
        (price, 560_000),
        (price, 0),
        (None, None),
    ]
    first = rows[0]
    kept = (first.tokens_in, first.tokens_out, first.tokens_cached, first.tokens_thinking)
    assert kept == (1000, 10, 500, 4)


def test_a_new_price_leaves_what_was_written_down(
    business: Business, add_price: Callable[..., ModelPrice]
) -> None:
    old = add_price("luna", "1", valid_from=timezone.now())
    record(business, call("luna", Usage(10, 0)))
    new = add_price("luna", "2", valid_from=timezone.now())
    rows = record(business, call("luna", Usage(10, 0)))
    assert [(row.price, row.money_nanos) for row in rows] == [(old, 10_000), (new, 20_000)]
    with pytest.raises(models.ProtectedError):
        old.delete()


def test_prices_cost_the_ledger_no_statement(
    business: Business, add_price: Callable[..., ModelPrice]
) -> None:
    add_price("luna")
    record(business, call("luna", Usage(1, 1)))
    with CaptureQueriesContext(connection) as asked:
        calls = [call("luna", Usage(1, 1)) for _ in range(5)]
        record_calls(business_id=business.pk, purpose="answer", calls=calls)
    assert len(asked) == 1


def test_models_without_a_price_are_named(
    settings: Any, business: Business, add_price: Callable[..., ModelPrice]
) -> None:
    settings.GEMINI_API_KEY = settings.OPENAI_API_KEY = "key"
    settings.ANTHROPIC_API_KEY = ""
    settings.GEMINI_MODEL, settings.OPENAI_MODEL = "gemini-3.5-flash-lite", "my-own-model"
    assert unpriced_models(business) == ["my-own-model"]
    ModelPrice.objects.create(provider="openai", model="my-own", input=0, output=0)
    assert unpriced_models(business) == []
