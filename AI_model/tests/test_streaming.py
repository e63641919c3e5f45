"""A streamed answer through the chain: who is asked, what is kept, and what it costs."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from pytest_django import Settings

from accounts.models import Business
from AI_model.breaker import forget_breakers
from AI_model.generation import Generation
from AI_model.models import AIModelConfig, ModelPrice, Spending
from AI_model.providers.base import Completion, CompletionRequest, Patience, Provider
from AI_model.providers.registry import configured_chain
from AI_model.providers.scripted import ScriptedProvider
from AI_model.services.budgets import meter_of
from AI_model.services.ledger import record_calls
from AI_model.streaming import stream_answer
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request
from AI_model.tests.test_generation import ENTRY, outcomes
from AI_model.tests.test_streaming_providers import until


@pytest.fixture(autouse=True)
def closed_breakers() -> None:
    forget_breakers()


@pytest.fixture
def server(settings: Settings) -> Iterator[ModelServer]:
    """All three vendors, and the chain of them."""
    with ModelServer() as running:
        for name, value in running.settings().items():
            setattr(settings, name, value)
        yield running


def stream(
    chain: list[Provider],
    request: CompletionRequest | None = None,
    *,
    stop_after: int = 10**6,
    seen: list[str] | None = None,
) -> Generation:
    pieces = [] if seen is None else seen

    def on_text(piece: str) -> bool:
        pieces.append(piece)
        return len(pieces) < stop_after

    return stream_answer(request=request or a_request(), chain=chain, on_text=on_text)


def finished(generation: Generation) -> Completion:
    assert generation.completion is not None and generation.error is None
    return generation.completion


def test_the_words_come_one_by_one_and_whole_at_the_end(server: ModelServer) -> None:
    seen: list[str] = []
    generation = stream(configured_chain(), seen=seen)
    assert finished(generation).text == "".join(seen) == "Answer to: When do you open?"
    assert len(seen) == 6 and outcomes(generation) == [("gemini", "ok")]


def test_before_the_first_word_it_is_tried_again_and_then_elsewhere(server: ModelServer) -> None:
    server.behave("503", vendor="gemini", times=3)
    server.behave("error_event", vendor="openai", times=1, after=0)
    generation = stream(configured_chain())
    assert outcomes(generation) == [
        *[("gemini", "overloaded")] * 3,
        ("openai", "overloaded"),
        ("openai", "ok"),
    ]
    assert finished(generation).text == "Answer to: When do you open?"


@pytest.mark.parametrize("mode", ["break", "ends_early", "error_event"])
def test_after_the_first_word_nobody_else_is_asked(server: ModelServer, mode: str) -> None:
    server.behave(mode, text="One two three four")
    seen: list[str] = []
    generation = stream(configured_chain(), seen=seen)
    assert generation.completion is None and generation.error is not None
    assert generation.partial == "".join(seen) == "One two"
    assert [call.vendor for call in server.calls] == ["gemini"]
    assert len(generation.calls) == 1 and generation.calls[0].outcome == generation.error.code


def test_stopping_keeps_what_came_and_asks_nobody_else(server: ModelServer) -> None:
    server.behave(text="word " * 500, pause=0.01)
    generation = stream(configured_chain(), stop_after=3)
    completion = finished(generation)
    assert (completion.text, completion.finish) == ("word word word", "stopped")
    assert completion.provider == "gemini" and completion.model == "gemini-3.5-flash-lite"
    assert outcomes(generation) == [("gemini", "stopped")]
    assert generation.calls[0].usage.tokens_in == server.calls[0].tokens_in > 0
    assert until(lambda: server.calls[0].left_at)
    assert len(server.calls) == 1


@pytest.mark.parametrize("mode", ["delay", "429"])
def test_who_goes_before_the_first_word_is_waited_for_no_longer(
    server: ModelServer, mode: str
) -> None:
    server.behave(mode, seconds=20, retry_after="4s")
    gone = threading.Event()
    threading.Timer(0.5, gone.set).start()
    request = replace(a_request(), patience=Patience(wanted=lambda: not gone.is_set()))
    started = time.monotonic()
    completion = finished(stream(configured_chain(), request))
    assert (completion.text, completion.finish) == ("", "stopped")
    assert time.monotonic() - started < 3
    assert len(server.calls) == 1


def test_an_answer_without_room_is_an_answer(server: ModelServer) -> None:
    server.behave("max_tokens", text="As far as it")
    generation = stream(configured_chain())
    assert (finished(generation).text, finished(generation).finish) == ("As far as it", "cut")
    assert outcomes(generation) == [("gemini", "ok")]


def test_a_hanging_provider_leaves_time_for_the_next(server: ModelServer) -> None:
    server.behave("delay", vendor="gemini", seconds=30)
    generation = stream(configured_chain(), a_request(seconds=3))
    assert outcomes(generation) == [("gemini", "timeout"), ("openai", "ok")]


def test_who_has_begun_is_not_hurried_for_the_sake_of_the_next(server: ModelServer) -> None:
    server.behave(text="one two three four five six seven eight", pause=0.3)
    generation = stream(configured_chain(), a_request(seconds=3))
    assert outcomes(generation) == [("gemini", "ok")]


def test_own_entries_come_in_one_piece(server: ModelServer) -> None:
    server.behave("bad_key")
    seen: list[str] = []
    generation = stream(configured_chain(), a_request(passages=(ENTRY,)), seen=seen)
    assert finished(generation).provider == "embedded"
    assert seen == ["We open at nine."]


def test_a_scripted_provider_streams_too() -> None:
    seen: list[str] = []
    assert finished(stream([ScriptedProvider("Here I am")], seen=seen)).text == "Here I am"
    assert seen == ["Here I am"]


def test_breaks_in_the_middle_open_the_breaker_and_stops_do_not(server: ModelServer) -> None:
    server.behave(text="One two three four")
    chain = [configured_chain()[0]]
    for _ in range(6):
        stream(chain, stop_after=1)
    assert finished(stream(chain)).finish == "stop"
    server.behave("break", text="One two three four")
    for _ in range(5):
        stream(chain)
    error = stream(chain).error
    assert error is not None and error.code == "breaker_open"


def test_a_fault_of_whoever_listens_ends_the_call(server: ModelServer) -> None:
    server.behave(text="word " * 500, pause=0.01)

    def fails(piece: str) -> bool:
        raise RuntimeError("No room to write to.")

    with pytest.raises(RuntimeError):
        stream_answer(request=a_request(), chain=configured_chain(), on_text=fails)
    assert until(lambda: server.calls[0].left_at)


@pytest.fixture
def priced(business: Business) -> Business:
    ModelPrice.objects.all().delete()
    for kind in ("gemini", "openai", "anthropic"):
        name = {"gemini": "gemini-3.5", "openai": "gpt", "anthropic": "claude"}[kind]
        ModelPrice.objects.create(
            provider=kind, model=name, input=Decimal(1), output=Decimal(2), cached=Decimal("0.1")
        )
    config, _ = AIModelConfig.objects.get_or_create(business=business)
    config.budgets = {"daily_money": 5}
    config.save()
    return business


@pytest.mark.django_db
@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("mode", ["ok", "max_tokens"])
def test_the_ledger_has_the_money_that_the_vendors_count_makes(
    server: ModelServer, priced: Business, position: int, mode: str
) -> None:
    server.behave(mode, cached=3, thinking=5)
    generation = stream_answer(
        request=a_request(),
        chain=[configured_chain()[position]],
        on_text=lambda piece: True,
        meter=meter_of(priced.pk),
    )
    rows = record_calls(business_id=priced.pk, purpose="chat", calls=generation.calls)
    call = server.calls[0]
    dollars = (call.tokens_in - 3) * 1000 + 3 * 100 + call.tokens_out * 2000
    assert [(r.tokens_in, r.tokens_out, r.money_nanos) for r in rows] == [
        (call.tokens_in, call.tokens_out, dollars)
    ]
    spent = Spending.objects.get(business=priced)
    assert (spent.money_nanos, spent.held_money_nanos) == (dollars, 0)


@pytest.mark.django_db
def test_a_stopped_answer_gives_back_what_it_held(server: ModelServer, priced: Business) -> None:
    server.behave(text="word " * 500, pause=0.01)
    chain = [configured_chain()[2]]
    generation = stream_answer(
        request=a_request(), chain=chain, on_text=lambda piece: False, meter=meter_of(priced.pk)
    )
    spent = Spending.objects.get(business=priced)
    told = generation.calls[0].usage
    assert (told.tokens_in, told.tokens_out) == (server.calls[0].tokens_in, 1)
    assert (spent.money_nanos, spent.held_money_nanos) == (told.tokens_in * 1000 + 2000, 0)
