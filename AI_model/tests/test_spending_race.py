"""Many workers at the last cent: never more than one call beyond the limit."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import Max, Sum
from pytest_django import Settings

from accounts.models import Business
from AI_model.breaker import forget_breakers
from AI_model.generation import generate
from AI_model.models import AIModelConfig, Spending, SpendingHold, UsageRecord
from AI_model.providers.registry import configured_chain
from AI_model.services.budgets import meter_for
from AI_model.services.ledger import record_calls
from AI_model.signals import budget_reached, budget_warned
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 32
PROCESSES = 4
MOST_CALLS = 25
"""Of one worker; together they would spend many times the limit."""


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    forget_breakers()
    with ModelServer() as running:
        running.behave("delay", seconds=0.01)
        for name, value in running.settings("openai").items():
            setattr(settings, name, value)
        settings.EMBEDDED_ANSWERS = False
        yield running


@pytest.fixture
def said() -> Iterator[list[str]]:
    heard: list[str] = []

    def warned(**_: Any) -> None:
        heard.append("warned")

    def reached(**_: Any) -> None:
        heard.append("reached")

    budget_warned.connect(warned)
    budget_reached.connect(reached)
    yield heard
    budget_warned.disconnect(warned)
    budget_reached.disconnect(reached)


def spend_all(business: Business, config: AIModelConfig) -> None:
    """Ask until the budget refuses."""
    try:
        for _ in range(MOST_CALLS):
            meter = meter_for(business=business, config=config, conversation_id=None)
            generation = generate(request=a_request(), chain=configured_chain(), meter=meter)
            record_calls(business_id=business.pk, purpose="answer", calls=generation.calls)
            if generation.error is not None and generation.error.code == "over_budget":
                return
    finally:
        connection.close()


def run_threads(work: Callable[..., None], *args: Any, workers: int = WORKERS) -> None:
    threads = [threading.Thread(target=work, args=args) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run_process(business: Business, config: AIModelConfig) -> None:
    run_threads(spend_all, business, config, workers=WORKERS // PROCESSES)


def sums() -> tuple[int, int]:
    """(tokens, nanos) of the ledger."""
    found = UsageRecord.objects.aggregate(
        read=Sum("tokens_in"), written=Sum("tokens_out"), money=Sum("money_nanos")
    )
    return found["read"] + found["written"], found["money"]


def check(server: ModelServer, *, limit: int) -> None:
    dearest = UsageRecord.objects.aggregate(most=Max("money_nanos"))["most"]
    tokens, nanos = sums()
    assert limit <= nanos < limit + dearest
    served = [call for call in server.calls if call.answered]
    assert UsageRecord.objects.count() == len(served)
    assert tokens == sum(call.tokens_in + call.tokens_out for call in served)
    for row in Spending.objects.all():
        assert (row.tokens, row.money_nanos) == (tokens, nanos)
        assert (row.held_tokens, row.held_money_nanos) == (0, 0)
    assert not SpendingHold.objects.exists()


def test_thirty_two_workers_at_the_last_cent_go_beyond_by_one_call_at_most(
    business: Business, server: ModelServer, said: list[str]
) -> None:
    limits = {"daily_money": 0.0008, "monthly_money": 5, "monthly_tokens": 10**9}
    config = AIModelConfig.objects.create(business=business, budgets=limits)

    run_threads(spend_all, business, config)

    assert Spending.objects.count() == 2
    assert server.peak > 1 or len(server.calls) > 1
    check(server, limit=800_000)
    assert said == ["warned", "reached"]


def test_so_do_several_processes(business: Business, server: ModelServer) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("One file has one writer; the processes are PostgreSQL's case.")
    config = AIModelConfig.objects.create(business=business, budgets={"daily_money": 0.0008})
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=run_process, args=(business, config)) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    for child in children:
        child.join()

    assert [child.exitcode for child in children] == [0] * PROCESSES
    check(server, limit=800_000)


def test_workers_that_cross_four_fifths_together_warn_once(
    business: Business, server: ModelServer, said: list[str]
) -> None:
    config = AIModelConfig.objects.create(business=business, budgets={"daily_money": 0.2})
    UsageRecord.objects.create(
        business=business, purpose="answer", provider="openai", money_nanos=159_950_000
    )
    server.behave("delay", seconds=1)

    run_threads(ask_once, business, config)

    assert server.peak > 4
    assert sums()[1] > 160_000_000
    assert said == ["warned"]


def ask_once(business: Business, config: AIModelConfig) -> None:
    try:
        meter = meter_for(business=business, config=config, conversation_id=None)
        generation = generate(request=a_request(), chain=configured_chain(), meter=meter)
        record_calls(business_id=business.pk, purpose="answer", calls=generation.calls)
    finally:
        connection.close()
