"""Streamed answers over the wire: every vendor, and every way in which a stream goes wrong."""

import threading
import time
from collections.abc import Iterator

import pytest

from AI_model.providers.base import Completion, Patience, ProviderError, Usage
from AI_model.providers.hosted import HostedProvider
from AI_model.testing.model_server import Call, ModelServer
from AI_model.testing.requests import a_request
from AI_model.tests.test_providers_hosted import VENDORS, provider_at

STREAMING = ("gemini", "openai", "anthropic")
TEXT = "  We open at nine.\n\n**Monday** to Friday, süß und 🙂 — always.  "


@pytest.fixture(scope="module")
def module_server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def server(module_server: ModelServer) -> ModelServer:
    module_server.reset()
    return module_server


def streamed(provider: HostedProvider) -> tuple[list[str], Completion]:
    *pieces, last = provider.stream(a_request())
    assert isinstance(last, Completion)
    return [str(piece) for piece in pieces], last


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_pieces_together_are_the_answer_that_came_whole(
    server: ModelServer, vendor: str
) -> None:
    server.behave(text=TEXT)
    provider = provider_at(server, vendor)
    pieces, last = streamed(provider)
    assert "".join(pieces) == last.text == provider.complete(a_request()).text == TEXT.strip()
    assert (last.finish, last.model, last.provider) == ("stop", provider.model, provider.kind)
    assert len(pieces) > 5 or vendor == "google-generativeai"
