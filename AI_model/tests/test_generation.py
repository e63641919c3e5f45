"""A chain of providers: who is asked, how often, and what is kept of it."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from AI_model.breaker import forget_breakers
from AI_model.generation import Generation, generate
from AI_model.providers.base import CompletionRequest, Passage, Provider, ProviderError
from AI_model.providers.embedded import EmbeddedProvider
from AI_model.providers.openai_compatible import OpenAICompatibleProvider
from AI_model.providers.registry import configured_chain
from AI_model.providers.scripted import ScriptedProvider
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request

ENTRY = Passage("e1", "entry", "Hours", "When do you open?", "We open at nine.", 0.9)


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


def outcomes(generation: Generation) -> list[tuple[str, str]]:
    return [(call.provider, call.outcome) for call in generation.calls]


def run(chain: list[Provider], request: CompletionRequest | None = None) -> Generation:
    return generate(request=request or a_request(), chain=chain)


def test_the_first_provider_that_answers_is_enough(server: ModelServer) -> None:
    generation = run(configured_chain())
    assert generation.completion is not None
    assert generation.completion.text == "Answer to: When do you open?"
    assert [call.vendor for call in server.calls] == ["gemini"]
    call = generation.calls[0]
    assert (call.model, call.outcome) == ("gemini-3.5-flash-lite", "ok")
    assert call.usage.tokens_in == server.calls[0].tokens_in


def test_a_passing_failure_is_tried_again_and_every_call_is_kept(server: ModelServer) -> None:
    server.behave("500", times=2)
    generation = run(configured_chain())
    assert generation.completion is not None
    assert outcomes(generation) == [
        ("gemini", "server_error"),
        ("gemini", "server_error"),
        ("gemini", "ok"),
    ]


def test_three_tries_and_the_next_provider_is_asked(server: ModelServer) -> None:
    server.behave("503", vendor="gemini")
    generation = run(configured_chain())
    assert [call.vendor for call in server.calls] == ["gemini"] * 3 + ["openai"]
    assert generation.completion is not None and generation.completion.provider == "openai"


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("bad_key", "key_rejected"),
        ("blocked", "blocked"),
        ("max_tokens", "cut"),
        ("empty", "empty"),
        ("html200", "garbled"),
        ("big", "too_large"),
    ],
)
def test_what_will_not_get_better_is_asked_once_and_never_sent(
    server: ModelServer, mode: str, code: str
) -> None:
    server.behave(mode, vendor="gemini")
    generation = run(configured_chain())
    assert outcomes(generation) == [("gemini", code), ("openai", "ok")]
    assert generation.completion is not None
    assert generation.completion.text == "Answer to: When do you open?"


def test_a_useless_answer_keeps_its_tokens_in_the_record(server: ModelServer) -> None:
    server.behave("max_tokens", vendor="gemini")
    generation = run(configured_chain())
    assert generation.calls[0].usage.tokens_out == server.calls[0].tokens_out > 0


def test_a_hanging_provider_leaves_time_for_the_next(server: ModelServer) -> None:
    server.behave("drip", vendor="gemini", seconds=0.2)
    generation = run(configured_chain(), a_request(seconds=4))
    assert outcomes(generation) == [("gemini", "timeout"), ("openai", "ok")]


def test_when_all_models_hang_the_own_entries_still_answer(server: ModelServer) -> None:
    server.behave("delay", seconds=30)
    generation = run(configured_chain(), a_request(seconds=1.5, passages=(ENTRY,)))
    assert generation.completion is not None
    assert (generation.completion.provider, generation.completion.text) == (
        "embedded",
        "We open at nine.",
    )
    assert outcomes(generation)[0] == ("gemini", "timeout")


def test_a_dead_provider_explains_more_than_missing_support(server: ModelServer) -> None:
    server.behave("bad_key")
    generation = run(configured_chain())
    assert generation.completion is None
    assert generation.error is not None and generation.error.code == "key_rejected"
    assert outcomes(generation)[-1] == ("embedded", "no_support")


def test_missing_support_alone_is_the_error() -> None:
    generation = run([EmbeddedProvider()])
    assert generation.error is not None and generation.error.code == "no_support"


def test_no_provider_at_all_is_an_error_of_its_own() -> None:
    generation = run([])
    assert generation.error is not None and generation.error.code == "no_provider"


def test_a_passed_deadline_asks_nobody() -> None:
    scripted = ScriptedProvider("never said")
    generation = run([scripted], a_request(seconds=0))
    assert scripted.history == []
    assert generation.error is not None and generation.error.code == "timeout"
    assert generation.calls == []


def test_a_short_pause_that_the_vendor_asks_for_is_kept(server: ModelServer) -> None:
    server.behave("429", vendor="openai", times=1, retry_after="1.2")
    openai = configured_chain()[1]
    generation = run([openai])
    assert outcomes(generation) == [("openai", "rate_limited"), ("openai", "ok")]
    first, second = server.calls
    assert second.at - first.at >= 1.2


def test_a_long_pause_sends_this_and_the_next_question_elsewhere(server: ModelServer) -> None:
    server.behave("429", vendor="openai", retry_after="3600")
    chain = configured_chain()[1:3]
    assert outcomes(run(chain)) == [("openai", "rate_limited"), ("anthropic", "ok")]
    assert outcomes(run(chain)) == [("anthropic", "ok")]


def test_a_pause_that_does_not_fit_the_deadline_is_not_waited_for(server: ModelServer) -> None:
    server.behave("429", vendor="openai", retry_after="30")
    generation = run([configured_chain()[1]], a_request(seconds=10))
    assert outcomes(generation) == [("openai", "rate_limited")]


def test_what_keeps_failing_is_left_alone_for_a_while(server: ModelServer) -> None:
    server.behave("500")
    chain = [configured_chain()[0]]
    run(chain)
    second, third = run(chain), run(chain)
    assert len(server.calls) == 5
    assert third.calls == []
    assert second.error is not None and second.error.code == "breaker_open"
    assert third.error is not None and third.error.code == "breaker_open"


def test_another_accounts_failures_close_no_door_for_us(server: ModelServer) -> None:
    server.behave("bad_key", times=5)
    url = f"{server.url}/v1"
    theirs = OpenAICompatibleProvider(model="m", api_key="theirs", base_url=url)
    ours = OpenAICompatibleProvider(model="m", api_key="ours", base_url=url)
    for _ in range(6):
        assert run([theirs]).completion is None
    assert run([ours]).completion is not None


def test_customers_whose_questions_are_blocked_do_not_open_the_breaker(server: ModelServer) -> None:
    server.behave("blocked", vendor="gemini", times=6)
    chain = [configured_chain()[0]]
    for _ in range(6):
        run(chain)
    assert run(chain).completion is not None


def test_a_scripted_provider_goes_through_the_same_loop() -> None:
    seen: list[str] = []
    scripted = ScriptedProvider(ProviderError("overloaded", "Busy."))
    scripted.enqueue("Here I am", during=lambda: seen.append("while answering"))
    generation = run([scripted])
    assert generation.completion is not None and generation.completion.text == "Here I am"
    assert outcomes(generation) == [("scripted", "overloaded"), ("scripted", "ok")]
    assert seen == ["while answering"] and len(scripted.history) == 2
