"""Budgets as money is really spent: what is held, settled, refused, said and released."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Business
from AI_model.breaker import forget_breakers
from AI_model.generation import CallRecord, Generation, generate
from AI_model.metering import most_usage
from AI_model.models import AIModelConfig, ModelPrice, Spending, SpendingHold, UsageRecord
from AI_model.money import to_dollars
from AI_model.providers.base import Passage, Provider, Usage
from AI_model.providers.embedded import EmbeddedProvider
from AI_model.providers.registry import configured_chain
from AI_model.services import budgets as service
from AI_model.services.budgets import budget_states, meter_for
from AI_model.services.ledger import record_calls
from AI_model.services.spending import forget_spending
from AI_model.signals import budget_reached, budget_warned
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request
from messaging.models import Channel, Conversation, Customer

pytestmark = pytest.mark.django_db(transaction=True)

ENTRY = Passage("e1", "entry", "Hours", "When do you open?", "We open at nine.", 0.9)


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    forget_breakers()
    with ModelServer() as running:
        for name, value in running.settings("openai").items():
            setattr(settings, name, value)
        settings.EMBEDDED_ANSWERS = False
        yield running


@pytest.fixture
def said() -> Iterator[list[tuple[str, str, str]]]:
    """(event, scope, name) of every signal."""
    heard: list[tuple[str, str, str]] = []

    def warned(scope: str, name: str, **_: Any) -> None:
        heard.append(("warned", scope, name))

    def reached(scope: str, name: str, **_: Any) -> None:
        heard.append(("reached", scope, name))

    budget_warned.connect(warned)
    budget_reached.connect(reached)
    yield heard
    budget_warned.disconnect(warned)
    budget_reached.disconnect(reached)


def set_budgets(business: Business, **limits: Any) -> AIModelConfig:
    config, _ = AIModelConfig.objects.update_or_create(
        business=business, defaults={"budgets": limits}
    )
    return config


def ask(
    business: Business,
    config: AIModelConfig,
    *,
    chain: list[Provider] | None = None,
    conversation_id: str | None = None,
    seconds: float = 10,
) -> Generation:
    """One question to the chain, metered, and written down as everything is."""
    meter = meter_for(business=business, config=config, conversation_id=conversation_id)
    request = a_request(seconds=seconds, passages=(ENTRY,))
    generation = generate(request=request, chain=chain or configured_chain(), meter=meter)
    record_calls(
        business_id=business.pk,
        purpose="answer",
        calls=generation.calls,
        conversation_id=conversation_id,
    )
    return generation


def refusal(generation: Generation) -> str:
    return generation.error.code if generation.error else ""


def ledger(**where: Any) -> tuple[int, int]:
    """(tokens, nanos)"""
    rows = UsageRecord.objects.filter(**where)
    return (
        sum(row.tokens_in + row.tokens_out for row in rows),
        sum(row.money_nanos or 0 for row in rows),
    )


def counter(scope: str) -> tuple[int, int]:
    row = Spending.objects.get(scope__startswith=scope)
    assert (row.held_tokens, row.held_money_nanos) == (0, 0)
    return row.tokens, row.money_nanos


def a_conversation(channel: Channel, key: str = "c") -> Conversation:
    customer = Customer.objects.create(
        business_id=channel.business_id, channel=channel, external_id=key
    )
    return Conversation.objects.create(
        business_id=channel.business_id, channel=channel, customer=customer, external_id=key
    )


def test_without_a_limit_there_is_no_meter_and_no_statement(
    business: Business, server: ModelServer
) -> None:
    config = set_budgets(business, at_limit="person", customer_answers_per_hour=5)
    with CaptureQueriesContext(connection) as statements:
        meter = meter_for(business=business, config=config, conversation_id="c")
        generate(request=a_request(), chain=configured_chain(), meter=meter)
    assert (meter, len(statements), len(server.calls)) == (None, 0, 1)


def test_every_call_counts_in_all_scopes_as_the_ledger_counts_it(
    business: Business, webchat_channel: Channel, server: ModelServer
) -> None:
    one, other = a_conversation(webchat_channel, "1"), a_conversation(webchat_channel, "2")
    config = set_budgets(business, daily_money=1, monthly_tokens=10**6, conversation_money=1)
    ask(business, config, conversation_id=one.pk)
    server.behave("500", times=1)
    server.behave("max_tokens", times=1)
    ask(business, config, conversation_id=other.pk)
    ask(business, config, conversation_id=other.pk)

    assert counter("day:") == counter("month:") == ledger()
    assert counter(f"conversation:{one.pk}") == ledger(conversation=one)
    assert counter(f"conversation:{other.pk}") == ledger(conversation=other)
    served = sum(call.tokens_in + call.tokens_out for call in server.calls)
    assert ledger()[0] == served > 0
    assert not SpendingHold.objects.exists()


def test_a_row_that_is_missing_starts_from_the_ledger(
    business: Business, other_business: Business, server: ModelServer
) -> None:
    free = set_budgets(business)
    ask(business, free)
    ask(other_business, set_budgets(other_business))
    before = ledger(business=business)

    config = set_budgets(business, monthly_money=1)
    ask(business, config)

    assert before[1] > 0
    assert counter("month:") == ledger(business=business) != before


def test_a_used_up_budget_lets_no_call_pass_and_says_so(
    business: Business, server: ModelServer, said: list[tuple[str, str, str]]
) -> None:
    config = set_budgets(business, daily_money=0.000001)
    assert refusal(ask(business, config)) == ""  # the one call that may go beyond
    assert refusal(ask(business, config)) == refusal(ask(business, config)) == "over_budget"
    assert len(server.calls) == 1
    today = f"day:{datetime.now(UTC):%Y-%m-%d}"
    assert said == [("warned", today, "daily_money"), ("reached", today, "daily_money")]
    [state] = budget_states(business)
    assert (state["name"], state["state"], state["limit"]) == ("daily_money", "reached", 0.000001)
    assert state["spent"] == to_dollars(ledger()[1])


def test_a_limit_of_nothing_never_calls(business: Business, server: ModelServer) -> None:
    assert refusal(ask(business, set_budgets(business, monthly_tokens=0))) == "over_budget"
    assert server.calls == []


def test_what_costs_nothing_goes_on_and_its_tokens_are_counted(
    business: Business, server: ModelServer
) -> None:
    config = set_budgets(business, daily_tokens=1)
    ask(business, config)
    generation = ask(business, config, chain=[*configured_chain(), EmbeddedProvider()])
    assert generation.completion is not None
    assert generation.completion.provider == "embedded"

    ModelPrice.objects.create(provider="openai", model="gpt-6-luna", input=0, output=0)
    assert refusal(ask(business, config)) == ""
    assert len(server.calls) == 2
    assert counter("day:") == ledger()


def test_people_take_over_at_once_where_the_business_wants_that(
    business: Business, server: ModelServer
) -> None:
    config = set_budgets(business, daily_tokens=1, at_limit="person")
    ask(business, config)
    chain = [*configured_chain(), EmbeddedProvider()]
    assert refusal(ask(business, config, chain=chain)) == "over_budget"
    assert ask(business, config, chain=[EmbeddedProvider()]).completion is not None


def test_a_model_without_a_price_is_refused_within_a_money_budget_only(
    business: Business, server: ModelServer, settings: Settings
) -> None:
    settings.OPENAI_MODEL = "house-model"
    assert refusal(ask(business, set_budgets(business, daily_money=5))) == "unpriced"
    assert server.calls == []
    config = set_budgets(business, daily_tokens=10**6)
    assert refusal(ask(business, config)) == ""
    assert counter("day:") == ledger() and ledger()[0] > 0


def test_a_conversation_that_used_up_its_own_leaves_the_others_theirs(
    business: Business, webchat_channel: Channel, server: ModelServer
) -> None:
    one, other = a_conversation(webchat_channel, "1"), a_conversation(webchat_channel, "2")
    config = set_budgets(business, conversation_money=0.000001)
    assert refusal(ask(business, config, conversation_id=one.pk)) == ""
    assert refusal(ask(business, config, conversation_id=one.pk)) == "over_budget"
    assert refusal(ask(business, config, conversation_id=other.pk)) == ""
    assert refusal(ask(business, config)) == ""  # belongs to no conversation


def test_a_refused_scope_takes_nothing_from_the_others(
    business: Business, webchat_channel: Channel, server: ModelServer
) -> None:
    talk = a_conversation(webchat_channel)
    config = set_budgets(business, conversation_tokens=10**6, daily_tokens=10**6, monthly_tokens=0)
    assert refusal(ask(business, config, conversation_id=talk.pk)) == "over_budget"
    assert counter("conversation:") == counter("day:") == (0, 0)
    assert not SpendingHold.objects.exists()


def test_the_month_ends_at_midnight_of_the_business(
    business: Business, server: ModelServer, time_machine: Any
) -> None:
    business.timezone = "Pacific/Auckland"
    business.save()
    zone = ZoneInfo(business.timezone)
    config = set_budgets(business, monthly_money=0.000001)
    time_machine(datetime(2026, 11, 30, 23, 59, 50, tzinfo=zone))
    ask(business, config)
    assert refusal(ask(business, config)) == "over_budget"
    time_machine(datetime(2026, 12, 1, 0, 0, 1, tzinfo=zone))
    assert refusal(ask(business, config)) == ""
    scopes = Spending.objects.order_by("scope").values_list("scope", flat=True)
    assert list(scopes) == ["month:2026-11", "month:2026-12"]


@pytest.fixture
def time_machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets the wall clock; leases and deadlines go by other clocks."""

    def go(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment.astimezone(UTC))

    return go


def test_a_limit_raised_within_the_month_opens_and_warns_again(
    business: Business, server: ModelServer, said: list[tuple[str, str, str]]
) -> None:
    ask(business, set_budgets(business))
    cost = to_dollars(ledger()[1])
    config = set_budgets(business, monthly_money=cost)
    assert refusal(ask(business, config)) == "over_budget"
    assert [event for event, *_ in said] == ["warned", "reached"]

    config = set_budgets(business, monthly_money=cost * 2.2)
    said.clear()
    assert refusal(ask(business, config)) == ""
    assert [event for event, *_ in said] == ["warned"]
    assert counter("month:") == ledger()

    config = set_budgets(business, monthly_money=cost * 2)
    assert refusal(ask(business, config)) == "over_budget"
    assert [event for event, *_ in said] == ["warned", "reached"]


def test_what_was_spent_while_there_was_no_limit_counts_once_there_is_one_again(
    business: Business, server: ModelServer
) -> None:
    ask(business, set_budgets(business, monthly_money=1))
    without = set_budgets(business)
    ask(business, without)
    # A worker that still knows the old limit makes the row again; nobody adds to it from here on.
    ask(business, AIModelConfig(business=business, budgets={"monthly_money": 1}))
    ask(business, without)
    ask(business, set_budgets(business, monthly_money=1))
    assert counter("month:") == ledger()


def test_the_hold_of_a_killed_worker_is_given_back(business: Business, server: ModelServer) -> None:
    config = set_budgets(business, daily_money=0.0001)
    meter = meter_for(business=business, config=config, conversation_id=None)
    assert meter is not None
    hold = meter.admit(configured_chain()[0], a_request())
    row = Spending.objects.get()
    assert row.held_money_nanos >= 100_000  # all of it, so that nobody else may begin

    generation = ask(business, config, seconds=0.5)
    assert refusal(generation) == "over_budget"

    SpendingHold.objects.update(until=F("until") - timedelta(hours=1))
    assert refusal(ask(business, config)) == ""
    assert counter("day:") == ledger()

    # Not dead after all: its cost counts, and nothing is given back twice.
    usage = Usage(tokens_in=100, tokens_out=10)
    record = CallRecord("openai", "gpt-6-luna", usage, 5, "ok")
    meter.settle(hold, record)
    record_calls(business_id=business.pk, purpose="answer", calls=[record])
    assert counter("day:") == ledger()


def test_a_call_waits_for_what_running_ones_hold_and_then_goes(
    business: Business, server: ModelServer
) -> None:
    config = set_budgets(business, daily_money=0.0005)
    server.behave("delay", seconds=0.5, times=1)
    slow = threading.Thread(target=_ask_in_thread, args=(business, config))
    slow.start()
    while not server.calls:
        pass
    started = server.calls[0].at
    assert refusal(ask(business, config)) == ""
    slow.join()
    second = server.calls[1]
    assert second.at - started >= 0.45
    assert counter("day:") == ledger()


def _ask_in_thread(business: Business, config: AIModelConfig) -> None:
    try:
        ask(business, config)
    finally:
        connection.close()


def test_rows_of_long_ago_are_forgotten_and_made_again(
    business: Business, server: ModelServer
) -> None:
    config = set_budgets(business, monthly_money=1)
    ask(business, config)
    assert forget_spending() == 0
    Spending.objects.update(updated_at=timezone.now() - timedelta(days=41))
    assert forget_spending() == 1
    ask(business, config)
    assert counter("month:") == ledger()


def test_without_redis_budgets_hold_as_they_do_with_it(
    business: Business, server: ModelServer, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    config = set_budgets(business, daily_money=0.000001, customer_answers_per_hour=2)
    assert refusal(ask(business, config)) == ""
    assert refusal(ask(business, config)) == "over_budget"
    counted = [
        service.too_many_answers(business_id=business.pk, customer_id=1, config=config)
        for _ in range(3)
    ]
    assert counted == [False, False, True]


@pytest.mark.parametrize("vendor", ["gemini", "openai", "anthropic"])
def test_no_vendor_is_asked_for_more_than_is_held(
    business: Business, server: ModelServer, settings: Settings, vendor: str
) -> None:
    for name, value in server.settings(vendor).items():
        setattr(settings, name, value)
    [provider] = configured_chain()
    generate(request=a_request(), chain=[provider])

    body = server.calls[0].body
    asked = {**body, **body.get("generationConfig", {})}
    names = ("max_tokens", "max_completion_tokens", "maxOutputTokens")
    [limit] = [asked[name] for name in names if name in asked]
    most = most_usage(provider, a_request())
    assert limit <= most.tokens_out
    assert server.calls[0].tokens_in <= most.tokens_in
