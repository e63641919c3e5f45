"""What Gemini is sent, and what is learned from it."""

from collections.abc import Iterator

import pytest

from AI_model.providers.base import CompletionRequest, Turn
from AI_model.providers.gemini import GeminiProvider
from AI_model.testing.model_server import Call, ModelServer
from AI_model.testing.requests import a_request
from core.lib.clock import Deadline


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def call_with(server: ModelServer, model: str) -> Call:
    GeminiProvider(model=model, api_key="key", base_url=server.url).complete(a_request())
    return server.calls[-1]


@pytest.mark.parametrize(
    ("model", "thinking", "temperature"),
    [
        ("gemini-3.5-flash-lite", {"thinking_level": "MINIMAL"}, None),
        ("gemini-3.6-pro", {"thinking_level": "LOW"}, None),
        ("gemini-flash-latest", {"thinking_level": "MINIMAL"}, None),
        ("gemini-2.5-flash-lite", {"thinking_budget": 0}, 0.3),
        ("gemma-4-27b", None, 0.3),
    ],
)
def test_each_family_gets_the_least_thinking_and_only_settings_it_heeds(
    server: ModelServer, model: str, thinking: object, temperature: float | None
) -> None:
    config = call_with(server, model).body["generationConfig"]
    assert (config.get("thinkingConfig"), config.get("temperature")) == (thinking, temperature)


def test_thinking_gets_room_beside_the_answer(server: ModelServer) -> None:
    call = call_with(server, "gemini-3.5-flash-lite")
    assert call.body["generationConfig"]["maxOutputTokens"] == 200 + 1024


def test_the_vendor_is_never_told_a_deadline_that_it_refuses(server: ModelServer) -> None:
    provider = GeminiProvider(model="gemini-3.5-flash-lite", api_key="key", base_url=server.url)
    provider.complete(a_request(seconds=4))
    assert int(server.calls[0].headers["x-server-timeout"]) >= 10


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-3.5-flash-lite", "/v1/models/gemini-3.5-flash-lite:generateContent"),
        ("gemini-flash-latest", "/v1beta/models/gemini-flash-latest:generateContent"),
    ],
)
def test_aliases_are_asked_for_at_the_version_that_knows_them(
    server: ModelServer, model: str, path: str
) -> None:
    call = call_with(server, model)
    assert (call.path, call.headers["x-goog-api-key"]) == (path, "key")


def test_a_refused_thinking_setting_is_left_out_from_then_on(server: ModelServer) -> None:
    server.behave("unsupported_parameter")
    for _ in range(2):
        call_with(server, "gemini-3.9-odd")
    assert ["thinkingConfig" in c.body["generationConfig"] for c in server.calls] == [
        True,
        False,
        False,
    ]


def test_roles_alternate_and_the_last_word_is_the_customers(server: ModelServer) -> None:
    turns = (
        Turn("assistant", "Welcome"),
        Turn("user", "Hi"),
        Turn("user", "Are you open?"),
        Turn("assistant", "Yes"),
        Turn("user", "Until when?"),
        Turn("assistant", ""),
    )
    request = CompletionRequest("", turns, 100, None, Deadline.after(20))
    GeminiProvider(model="gemini-3.5-flash-lite", api_key="key", base_url=server.url).complete(
        request
    )
    roles = [(turn["role"], turn["parts"][0]["text"]) for turn in server.calls[0].body["contents"]]
    assert roles == [("user", "Hi\nAre you open?"), ("model", "Yes"), ("user", "Until when?")]
