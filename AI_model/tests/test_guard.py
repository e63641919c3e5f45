"""Calls to addresses of a business: only where they may go, and with nothing of ours."""

from collections.abc import Awaitable, Callable, Iterator

import pytest
from pytest_django import Settings

from AI_model.providers.base import ProviderError
from AI_model.providers.guard import Guard
from AI_model.providers.hosted import HostedProvider, Own
from AI_model.providers.registry import own_provider
from AI_model.testing.model_server import Call, ModelServer
from AI_model.testing.requests import a_request
from core.lib.clock import Deadline
from core.tests.test_http import BLOCKED, leads_to

KINDS = ("openai", "anthropic", "gemini")
Resolve = Callable[[str, int], Awaitable[list[str]]]


@pytest.fixture
def accepted() -> list[str]:
    return []


@pytest.fixture
def server(accepted: list[str]) -> Iterator[ModelServer]:
    def hook(moment: str, call: Call | None) -> None:
        if moment == "accept":
            accepted.append(moment)

    with ModelServer(hook=hook) as running:
        yield running


def at(
    address: str, kind: str, *, resolve: Resolve | None = None, key: str = "k-1"
) -> HostedProvider:
    return own_provider(
        kind=kind,
        model="house-model",
        api_key=key,
        base_url=address,
        own=Own("Our place", guard=Guard(resolve=resolve)),
    )


def failure(provider: HostedProvider, *, how: str = "complete") -> ProviderError:
    deeds: dict[str, Callable[[], object]] = {
        "complete": lambda: provider.complete(a_request()),
        "stream": lambda: list(provider.stream(a_request())),
        "list": lambda: provider.offered_models(Deadline.after(5)),
    }
    with pytest.raises(ProviderError) as caught:
        deeds[how]()
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["complete", "stream", "list"])
def test_a_private_address_is_never_connected_to(
    server: ModelServer, accepted: list[str], kind: str, how: str
) -> None:
    error = failure(at(server.url, kind), how=how)
    assert (error.code, error.permanent) == ("address_blocked", True)
    assert accepted == []


@pytest.mark.parametrize("url", [url for url in BLOCKED if url.startswith(("http:", "https:"))])
def test_no_way_of_writing_it_leads_inside(
    server: ModelServer, accepted: list[str], url: str
) -> None:
    error = failure(at(url.replace("127.0.0.1/", f"127.0.0.1:{server.port}/"), "openai"))
    assert error.code in {"address_blocked", "unreachable", "garbled"}
    assert accepted == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_is_resolved_once_and_the_checked_address_is_called(
    server: ModelServer, settings: Settings, kind: str
) -> None:
    """The second answer of the resolver, as of one that rebinds, is never asked for."""
    settings.TRUST_PRIVATE_ENDPOINTS = True
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    provider = at(server.url.replace("127.0.0.1", "model.test"), kind, resolve=rebinding)
    assert provider.complete(a_request()).text
    assert provider.complete(a_request()).text
    assert asked == ["model.test"]
    assert server.calls[0].headers["host"] == f"model.test:{server.port}"


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("93.184.216.34", "127.0.0.1"), ("::ffff:127.0.0.1",), ()]
)
def test_one_bad_address_of_a_name_is_enough(
    server: ModelServer, accepted: list[str], addresses: tuple[str, ...]
) -> None:
    named = server.url.replace("127.0.0.1", "rebind.test")
    error = failure(at(named, "openai", resolve=leads_to(*addresses)))
    assert error.code == "address_blocked"
    assert accepted == []


def test_trusting_private_addresses_opens_no_metadata(settings: Settings) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    error = failure(at("http://meta.test/v1", "openai", resolve=leads_to("169.254.169.254")))
    assert error.code == "address_blocked"


@pytest.mark.parametrize("kind", KINDS)
def test_a_redirect_is_not_followed(server: ModelServer, settings: Settings, kind: str) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    server.behave("redirect")
    assert failure(at(server.url, kind)).code == "garbled"
    assert len(server.calls) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_operators_environment_goes_along(
    server: ModelServer, settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, "operators-secret")
    for name in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, "X-Extra: operators-secret\nAuthorization: operators-secret")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert at(server.url, kind, key="theirs").complete(a_request()).text
    sent = server.calls[0].headers
    assert "operators-secret" not in str(sent)
    held = {"openai": "authorization", "anthropic": "x-api-key", "gemini": "x-goog-api-key"}
    assert sent[held[kind]] == ("Bearer theirs" if kind == "openai" else "theirs")


def test_a_server_without_keys_gets_none(server: ModelServer, settings: Settings) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    assert at(f"{server.url}/v1", "openai", key="").complete(a_request()).text
    assert "authorization" not in server.calls[0].headers


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["400", "403", "404"])
def test_what_stands_at_the_address_is_never_quoted(
    server: ModelServer, settings: Settings, kind: str, mode: str
) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    server.behave(mode)
    error = failure(at(server.url, kind))
    assert f"a {mode} error" not in error.detail
    assert error.detail.startswith("Our place ")


@pytest.mark.parametrize("kind", KINDS)
def test_the_models_on_offer_are_listed(server: ModelServer, settings: Settings, kind: str) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    address = f"{server.url}/v1" if kind == "openai" else server.url
    assert at(address, kind).offered_models(Deadline.after(5)) == ["model-a", "model-b"]
