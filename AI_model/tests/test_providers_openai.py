"""Switches of OpenAI-compatible servers: guessed from the name, corrected by a refusal."""

from collections.abc import Iterator

import pytest

from AI_model.providers.openai_compatible import OpenAICompatibleProvider, Switches
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def ask(server: ModelServer, model: str) -> str:
    provider = OpenAICompatibleProvider(model=model, api_key="key", base_url=f"{server.url}/v1")
    return provider.complete(a_request()).text


PARAMETERS = ("max_tokens", "max_completion_tokens", "temperature", "reasoning_effort")


def sent(server: ModelServer) -> list[dict[str, object]]:
    return [{k: v for k, v in c.body.items() if k in PARAMETERS} for c in server.calls]


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        ("gpt-6-luna", {"max_completion_tokens": 1224, "reasoning_effort": "none"}),
        ("openai/gpt-5-mini", {"max_completion_tokens": 1224, "reasoning_effort": "low"}),
        ("gpt-5.4-mini", {"max_completion_tokens": 1224, "reasoning_effort": "none"}),
        ("llama-4-8b", {"max_tokens": 200, "temperature": 0.3}),
    ],
)
def test_parameters_follow_the_models_family(
    server: ModelServer, model: str, parameters: dict[str, object]
) -> None:
    ask(server, model)
    assert sent(server) == [parameters]


def test_refused_parameters_are_learned_within_one_attempt_and_remembered(
    server: ModelServer,
) -> None:
    server.behave("unsupported_parameter")
    assert ask(server, "house-model") == ask(server, "house-model")
    assert sent(server) == [
        {"max_tokens": 200, "temperature": 0.3},
        {"max_completion_tokens": 1224, "temperature": 0.3},
        {"max_completion_tokens": 1224},
        {"max_completion_tokens": 1224},
    ]


def test_what_was_learned_of_one_model_says_nothing_about_another(server: ModelServer) -> None:
    server.behave("unsupported_parameter")
    ask(server, "house-model")
    server.reset()
    ask(server, "other-model")
    assert sent(server) == [{"max_tokens": 200, "temperature": 0.3}]


@pytest.mark.parametrize(
    ("start", "refused", "after"),
    [
        (Switches(), "max_tokens", Switches("max_completion_tokens", room=1024)),
        (Switches(), "temperature", Switches(temperature=False)),
        (Switches("max_completion_tokens"), "max_completion_tokens", Switches("max_tokens")),
        (Switches(effort="none"), "reasoning_effort", Switches()),
        (Switches(), "reasoning_effort", Switches()),
        (Switches(), "messages", Switches()),
    ],
)
def test_a_refusal_changes_only_what_it_names(
    start: Switches, refused: str, after: Switches
) -> None:
    assert start.without(refused) == after


def test_a_server_that_counts_nothing_is_fine(server: ModelServer) -> None:
    server.behave("no_usage")
    assert ask(server, "llama-4-8b") == "Answer to: When do you open?"


def test_the_key_goes_out_as_a_bearer_token_and_nothing_is_compressed(server: ModelServer) -> None:
    ask(server, "llama-4-8b")
    headers = server.calls[0].headers
    assert (headers["authorization"], headers["accept-encoding"]) == ("Bearer key", "identity")
