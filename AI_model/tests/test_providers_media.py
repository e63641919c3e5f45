"""Pictures and sounds reach each vendor in the shape that its API takes."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec

import pytest
from pytest_django import Settings

from AI_model.providers.anthropic import AnthropicProvider
from AI_model.providers.base import Media, Turn, alternating
from AI_model.providers.gemini import GeminiProvider
from AI_model.providers.openai_compatible import OpenAICompatibleProvider
from AI_model.providers.registry import provider_class_of, readable_types, reading_chain
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request

PICTURE = Media("image/png", b"\x89PNG picture")
SOUND = Media("audio/mpeg", b"ID3 sound")
PICTURE64, SOUND64 = "iVBORyBwaWN0dXJl", "SUQzIHNvdW5k"
SHOWN = (Turn("user", "What is this?", (PICTURE, SOUND)),)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def test_gemini_gets_inline_data(server: ModelServer) -> None:
    provider = GeminiProvider(model="gemini-3.5-flash-lite", api_key="key", base_url=server.url)
    provider.complete(replace(a_request(), turns=SHOWN))
    assert server.calls[0].body["contents"][0]["parts"] == [
        {"inlineData": {"mime_type": "image/png", "data": PICTURE64}},
        {"inlineData": {"mime_type": "audio/mpeg", "data": SOUND64}},
        {"text": "What is this?"},
    ]


@pytest.mark.skipif(find_spec("google.generativeai") is None, reason="not installed")
def test_the_old_gemini_library_sends_the_same(server: ModelServer, settings: Settings) -> None:
    settings.GEMINI_SDK = "google-generativeai"
    build = provider_class_of("gemini")
    provider = build(model="gemini-2.5-flash", api_key="key", base_url=server.url)
    provider.complete(replace(a_request(), turns=SHOWN))
    parts = server.calls[0].body["contents"][0]["parts"]
    assert [part["inlineData"]["data"] for part in parts[:2]] == [PICTURE64, SOUND64]


def test_openai_gets_a_data_address_and_input_audio(server: ModelServer) -> None:
    url = f"{server.url}/v1"
    provider = OpenAICompatibleProvider(model="gpt-6-luna", api_key="key", base_url=url)
    provider.complete(replace(a_request(), turns=SHOWN))
    assert server.calls[0].body["messages"][-1]["content"] == [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE64}"}},
        {"type": "input_audio", "input_audio": {"data": SOUND64, "format": "mp3"}},
        {"type": "text", "text": "What is this?"},
    ]


def test_anthropic_gets_image_blocks(server: ModelServer) -> None:
    provider = AnthropicProvider(model="claude-haiku-5-5", api_key="key", base_url=server.url)
    turns = (Turn("user", "What is this?", (PICTURE,)),)
    provider.complete(replace(a_request(), turns=turns))
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE64}
    assert server.calls[0].body["messages"][-1]["content"] == [
        {"type": "image", "source": source},
        {"type": "text", "text": "What is this?"},
    ]


def test_words_alone_stay_a_plain_string(server: ModelServer) -> None:
    """Many compatible servers take nothing else."""
    url = f"{server.url}/v1"
    OpenAICompatibleProvider(model="llama", api_key="key", base_url=url).complete(a_request())
    assert server.calls[0].body["messages"][-1]["content"] == "When do you open?"


def test_what_was_shown_stays_with_its_side() -> None:
    turns = [Turn("user", "Hello"), Turn("user", "", (PICTURE,)), Turn("user", "This", (SOUND,))]
    [turn] = alternating(turns)
    assert turn.media == (PICTURE, SOUND)


def test_a_file_shows_nothing_of_itself_in_logs() -> None:
    assert "picture" not in repr(PICTURE)


@pytest.mark.parametrize(
    ("mime", "kinds"),
    [
        ("image/png", ["gemini", "openai", "anthropic"]),
        ("image/gif", ["openai", "anthropic"]),
        ("audio/ogg", ["gemini"]),
        ("audio/mpeg", ["gemini"]),
        ("video/mp4", []),
        ("application/pdf", []),
    ],
)
def test_only_who_can_read_a_file_is_shown_it(
    server: ModelServer, settings: Settings, mime: str, kinds: list[str]
) -> None:
    for name, value in server.settings().items():
        setattr(settings, name, value)
    assert [provider.kind for provider in reading_chain(mimes={mime})] == kinds
    assert (mime in readable_types()) == bool(kinds)


def test_an_operator_says_what_each_provider_reads(server: ModelServer, settings: Settings) -> None:
    for name, value in server.settings("openai", "gemini").items():
        setattr(settings, name, value)
    settings.GEMINI_READS, settings.OPENAI_READS = (), ("images", "audio")
    assert readable_types() >= {"audio/mpeg", "image/gif"}
    assert [p.kind for p in reading_chain(mimes={"audio/mpeg", "image/png"})] == ["openai"]
