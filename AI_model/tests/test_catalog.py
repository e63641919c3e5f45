"""What is known of models, and that each is asked as its vendor wants to be asked."""

from collections.abc import Iterator
from datetime import date

import pytest

from AI_model.catalog import MODELS, known_model, model_facts, retirement, retirement_ahead
from AI_model.providers.anthropic import AnthropicProvider
from AI_model.providers.base import CompletionRequest, Turn
from AI_model.providers.gemini import GeminiProvider
from AI_model.providers.google_generativeai import GoogleGenerativeAIProvider
from AI_model.providers.hosted import HostedProvider
from AI_model.providers.openai_compatible import OpenAICompatibleProvider
from AI_model.testing.model_server import Call, ModelServer
from core.lib.clock import Deadline

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gemini-1.5-flash", "gemini-1.5-flash was shut down; use gemini-3.5-flash-lite."),
        ("gemini-1.5-flash-latest", "gemini-3.5-flash-lite"),
        ("gemini-1.5-pro-002", "gemini-3.8-flash"),
        ("models/gemini-pro", "gemini-3.5-flash-lite"),
        ("gemini-2.0-flash-001", "gemini-3.5-flash-lite"),
        ("gpt-3.5-turbo", "gpt-6-luna"),
        ("GPT-4", "gpt-6-luna"),
        ("gpt-4-turbo-2024-04-09", "gpt-6-luna"),
        ("gpt-4o-2024-05-13", "gpt-6-luna"),
        ("claude-3-5-sonnet-20241022", "claude-haiku-5-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-5-5"),
        ("gpt-4o-mini", ""),
        ("gemini-2.5-flash", ""),
        ("claude-sonnet-4-5", ""),
        ("gemini-3.5-flash-lite", ""),
        ("llama-4-8b", ""),
        ("", ""),
    ],
)
def test_a_retired_model_is_known_with_its_successor(name: str, said: str) -> None:
    found = retirement(name, today=TODAY)
    assert said in found and bool(said) == bool(found)


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("gpt-5-mini", "2026-12-11"),
        ("gpt-5-nano-2025-08-07", "2026-12-11"),
        ("gpt-4.1-mini", "2027-01-14"),
        ("gpt-5.4-nano", "2027-04-01"),
        ("gemini-2.5-flash", "2026-12-01"),
        ("gemini-3.1-flash-lite", "2027-05-07"),
        ("claude-sonnet-4-5-20250929", "2026-11-30"),
        ("gemini-2.5-flash-lite", ""),
        ("gpt-5.4-mini", ""),
        ("gpt-3.5-turbo", ""),
    ],
)
def test_an_end_that_was_announced_is_told_with_its_day(name: str, on: str) -> None:
    found = retirement_ahead(name, today=TODAY)
    assert on in found and bool(on) == bool(found)
    if on:
        assert retirement(name, today=date.fromisoformat(on))


def test_every_model_that_ends_has_a_successor_that_goes_on() -> None:
    for name, model in MODELS.items():
        assert (model.retires is None) == (model.successor == ""), name
        if model.successor:
            later = known_model(model.successor)
            assert later is not None and later.retires is None, name


@pytest.mark.parametrize(
    ("vendor", "name", "temperature", "field", "effort", "room"),
    [
        ("gemini", "gemini-3.5-flash-lite", False, "max_output_tokens", "minimal", True),
        ("gemini", "gemini-9-pro", False, "max_output_tokens", "low", True),
        ("gemini", "gemini-2.5-flash-lite", True, "max_output_tokens", "off", False),
        ("gemini", "tuned-model-1", True, "max_output_tokens", "", True),
        ("openai", "gpt-6-luna", False, "max_completion_tokens", "none", True),
        ("openai", "gpt-6.1-sol", False, "max_completion_tokens", "none", True),
        ("openai", "openai/gpt-5-mini", False, "max_completion_tokens", "low", True),
        ("openai", "gpt-4o-mini", True, "max_tokens", "", False),
        ("openai", "llama-4-8b", True, "max_tokens", "", False),
        # A vendor's name at another vendor's door says nothing about that door.
        ("openai", "gemini-3.5-flash-lite", True, "max_tokens", "", False),
        ("anthropic", "claude-haiku-5-5", False, "max_tokens", "low", True),
        ("anthropic", "claude-haiku-4-5", False, "max_tokens", "", False),
        ("anthropic", "claude-new-9", False, "max_tokens", "", True),
    ],
)
def test_each_name_gets_what_its_vendor_takes(
    vendor: str, name: str, temperature: bool, field: str, effort: str, room: bool
) -> None:
    facts = model_facts(vendor, name)
    assert facts.vendor == vendor
    assert (facts.temperature, facts.limit_field, facts.effort) == (temperature, field, effort)
    assert (facts.head_room > 0) == room


@pytest.fixture(scope="module")
def module_server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def server(module_server: ModelServer) -> ModelServer:
    module_server.reset()
    module_server.behave("strict")
    return module_server


def provider(server: ModelServer, vendor: str, model: str) -> HostedProvider:
    classes: dict[str, type[HostedProvider]] = {
        "gemini": GeminiProvider,
        "google-generativeai": GoogleGenerativeAIProvider,
        "openai": OpenAICompatibleProvider,
        "anthropic": AnthropicProvider,
    }
    url = f"{server.url}/v1" if vendor == "openai" else server.url
    return classes[vendor](model=model, api_key="key", base_url=url)


def ask(server: ModelServer, vendor: str, model: str, max_tokens: int) -> Call:
    turns = (Turn("user", "Hi"), Turn("assistant", "Hello"), Turn("user", "Are you open?"))
    request = CompletionRequest("Be brief.", turns, max_tokens, 0.3, Deadline.after(20))
    assert provider(server, vendor, model).complete(request).text
    return server.calls[-1]


def limit_of(call: Call) -> int:
    config = call.body.get("generationConfig", call.body)
    fields = ("maxOutputTokens", "max_completion_tokens", "max_tokens")
    return int(next(config[name] for name in fields if name in config))


ASKED = [
    ("gemini", "gemini-3.5-flash-lite", 65_536),
    ("gemini", "gemini-2.5-flash-lite", 65_536),
    ("google-generativeai", "gemini-3.5-flash-lite", 65_536),
    ("openai", "gpt-6-luna", 128_000),
    ("openai", "gpt-5-mini", 128_000),
    ("openai", "gpt-4o-mini", 16_384),
    ("anthropic", "claude-haiku-5-5", 128_000),
    ("anthropic", "claude-haiku-4-5", 64_000),
]


@pytest.mark.parametrize(("vendor", "model", "most"), ASKED)
def test_no_vendor_refuses_what_it_is_sent_even_at_the_limit(
    server: ModelServer, vendor: str, model: str, most: int
) -> None:
    small, large = (ask(server, vendor, model, tokens) for tokens in (500, most))
    assert len(server.calls) == 2, "the first request was taken as it came"
    assert limit_of(small) >= 500 and limit_of(large) == most


def test_an_effort_that_is_refused_is_left_out_from_then_on(server: ModelServer) -> None:
    server.reset()
    server.behave("strict")
    for _ in range(2):
        ask(server, "anthropic", "claude-sonnet-5-5-odd", 100)
    assert ["output_config" in call.body for call in server.calls] == [True, False, False]
