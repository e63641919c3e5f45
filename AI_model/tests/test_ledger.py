"""The ledger against what the vendor served, to the token, and what it cost, to the nano."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from AI_model.breaker import forget_breakers
from AI_model.generation import generate
from AI_model.models import ModelPrice, UsageRecord
from AI_model.providers.registry import configured_chain
from AI_model.services.ledger import record_calls
from AI_model.testing.chats import Chat
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request

KINDS = ["gemini", "google-generativeai", "openai", "anthropic"]
VENDORS = ["gemini", "openai", "anthropic"]
QUESTION = "do you ship to norway"
ANSWER = "Yes, we do ship there [1]."
COUNTED = ("tokens_in", "tokens_out", "tokens_cached", "tokens_thinking")
# Dollars per million: 300, 2,500 and 30 nanos a token.
PRICE = {"input": "0.30", "output": "2.50", "cached": "0.03"}


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    forget_breakers()
    settings.EMBEDDED_ANSWERS = False
    for name in VENDORS:
        setattr(settings, f"{name.upper()}_MODEL", "luna")
    with ModelServer(text=ANSWER) as running:
        yield running


def use(settings: Settings, server: ModelServer, *kinds: str) -> None:
    if "google-generativeai" in kinds:
        settings.GEMINI_SDK = "google-generativeai"
    vendors = ["gemini" if kind == "google-generativeai" else kind for kind in kinds]
    for name, value in server.settings(*vendors).items():
        setattr(settings, name, value)
    for vendor in vendors:
        ModelPrice.objects.create(provider=vendor, model="luna", **PRICE)


def served(server: ModelServer) -> list[tuple[Any, ...]]:
    return [(call.vendor, *(getattr(call, name) for name in COUNTED)) for call in server.calls]


def ledger() -> list[tuple[Any, ...]]:
    return list(UsageRecord.objects.order_by("pk").values_list("provider", *COUNTED))


def outcomes() -> list[str]:
    return list(UsageRecord.objects.order_by("pk").values_list("outcome", flat=True))


def cost(row: tuple[Any, ...]) -> int:
    _, read, written, cached, _ = row
    return int((read - cached) * 300 + cached * 30 + written * 2_500)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
def test_every_call_is_in_the_ledger_as_it_was_served(
    chat: Chat, server: ModelServer, settings: Settings, kind: str
) -> None:
    use(settings, server, kind)
    server.behave("ok", cached=4_321, thinking=87)
    server.behave("500", times=1)
    server.behave("429", times=1)
    chat.ask(QUESTION)
    server.behave("ok", times=1, thinking=5)
    chat.ask("and do you ship to norway by sea")
    server.behave("max_tokens", times=1, cached=12, thinking=200)
    chat.ask("is norway in your delivery area")

    assert outcomes() == ["rate_limited", "server_error", "ok", "ok", "cut"]
    assert ledger() == served(server)
    assert [row[3:] for row in ledger()] == [(0, 0), (0, 0), (4_321, 87), (0, 5), (12, 200)]
    spent = list(UsageRecord.objects.order_by("pk").values_list("money_nanos", flat=True))
    assert spent == [cost(row) for row in served(server)]
    assert all(spent[2:])
    assert {row.conversation for row in UsageRecord.objects.all()} == {chat.conversation}


# A blocked or an empty answer was paid for; an error was not.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "mode", ["blocked", "prompt_blocked", "empty", "whitespace", "tool_call", "400", "reset"]
)
def test_an_answer_that_is_of_no_use_is_counted_as_well(
    business: Any, server: ModelServer, settings: Settings, kind: str, mode: str
) -> None:
    use(settings, server, kind)
    server.behave(mode, cached=9, thinking=7)
    result = generate(request=a_request(), chain=configured_chain())
    record_calls(business_id=business.pk, purpose="answer", calls=result.calls)
    assert "ok" not in outcomes()
    assert ledger() == served(server)
    assert any(row[1] for row in ledger()) == (mode not in {"400", "reset"})


@pytest.mark.django_db(transaction=True)
def test_a_chain_of_vendors_writes_down_each(
    chat: Chat, server: ModelServer, settings: Settings
) -> None:
    use(settings, server, *VENDORS)
    server.behave("blocked", vendor="gemini", thinking=3)
    server.behave("max_tokens", vendor="openai", cached=8)
    chat.ask(QUESTION)
    assert outcomes() == ["blocked", "cut", "ok"]
    assert ledger() == served(server)


@pytest.mark.django_db(transaction=True)
def test_an_answer_without_a_model_costs_nothing(chat: Chat, settings: Settings) -> None:
    settings.EMBEDDED_ANSWERS = True
    for name, value in ModelServer().settings().items():
        setattr(settings, name, "" if name.endswith("_KEY") else value)
    chat.ask(QUESTION)
    [row] = UsageRecord.objects.all()
    assert (row.provider, row.outcome, row.tokens_in, row.money_nanos) == ("embedded", "ok", 0, 0)
    assert row.price is not None
