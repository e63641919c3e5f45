"""The SDKs against a vendor on loopback that does everything wrong."""

import tracemalloc
from collections.abc import Iterator

import pytest

from AI_model.providers.anthropic import AnthropicProvider
from AI_model.providers.base import Completion, ProviderError, Usage
from AI_model.providers.gemini import GeminiProvider
from AI_model.providers.google_generativeai import GoogleGenerativeAIProvider
from AI_model.providers.hosted import HostedProvider
from AI_model.providers.openai_compatible import OpenAICompatibleProvider
from AI_model.testing.model_server import ModelServer
from AI_model.testing.requests import a_request

VENDORS = ("gemini", "openai", "anthropic", "google-generativeai")
KEY = "a-very-secret-key"

# mode -> code, permanent; the same for every vendor
COMMON = {
    "bad_key": ("key_rejected", True),
    "401": ("key_rejected", True),
    "400": ("bad_request", True),
    "403": ("not_allowed", True),
    "404": ("model_not_found", True),
    "413": ("too_long", True),
    "429": ("rate_limited", False),
    "500": ("server_error", False),
    "502": ("server_error", False),
    "503": ("overloaded", False),
    "529": ("overloaded", False),
    "reset": ("unreachable", False),
    "reset_in_body": ("unreachable", False),
    "html200": ("garbled", True),
    "not_json": ("garbled", True),
    "redirect": ("garbled", True),
    "tool_call": ("garbled", True),
    "gzip": ("garbled", True),
    "gzip_bomb": ("garbled", True),
    "big": ("too_large", True),
    "newlines": ("too_large", True),
    "empty": ("empty", True),
    "whitespace": ("empty", True),
    "blocked": ("blocked", True),
    "prompt_blocked": ("blocked", True),
    "max_tokens": ("cut", True),
    "max_tokens_empty": ("cut", True),
}
SPECIAL = {
    ("gemini", "quota"): ("rate_limited", False),
    ("openai", "quota"): ("quota_exhausted", True),
    ("anthropic", "quota"): ("quota_exhausted", True),
    ("gemini", "error200"): ("empty", True),
    ("google-generativeai", "quota"): ("rate_limited", False),
    ("google-generativeai", "error200"): ("empty", True),
    # This SDK drops a finish reason that it does not know.
    ("google-generativeai", "tool_call"): ("empty", True),
    ("openai", "error200"): ("overloaded", False),
    ("anthropic", "error200"): ("garbled", True),
}
EVERYTHING = {(v, mode): said for v in VENDORS for mode, said in COMMON.items()} | SPECIAL
TABLE = [(vendor, mode, *said) for (vendor, mode), said in EVERYTHING.items()]


@pytest.fixture(scope="module")
def module_server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def server(module_server: ModelServer) -> ModelServer:
    module_server.reset()
    return module_server


def provider_at(server: ModelServer, vendor: str) -> HostedProvider:
    if vendor == "gemini":
        return GeminiProvider(model="gemini-3.5-flash-lite", api_key=KEY, base_url=server.url)
    if vendor == "google-generativeai":
        return GoogleGenerativeAIProvider(model="gemini-x", api_key=KEY, base_url=server.url)
    if vendor == "openai":
        url = f"{server.url}/v1"
        return OpenAICompatibleProvider(model="gpt-6-luna", api_key=KEY, base_url=url)
    return AnthropicProvider(model="claude-haiku-5-5", api_key=KEY, base_url=server.url)


def failure(provider: HostedProvider, *, seconds: float = 20.0) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        provider.complete(a_request(seconds=seconds))
    return caught.value


@pytest.mark.parametrize(("vendor", "mode", "code", "permanent"), TABLE)
def test_each_way_of_failing_gets_its_code_after_one_request(
    server: ModelServer, vendor: str, mode: str, code: str, permanent: bool
) -> None:
    server.behave(mode)
    error = failure(provider_at(server, vendor))
    assert (error.code, error.permanent) == (code, permanent)
    assert len(server.calls) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer_carries_the_resolved_model_and_the_vendors_count(
    server: ModelServer, vendor: str
) -> None:
    provider = provider_at(server, vendor)
    completion = provider.complete(a_request("When do you open?"))
    call = server.calls[0]
    assert completion == Completion(
        text="Answer to: When do you open?",
        provider=provider.kind,
        model=provider.model,
        usage=Usage(tokens_in=call.tokens_in, tokens_out=call.tokens_out),
        milliseconds=completion.milliseconds,
    )
    assert call.texts == [("system", "You answer for a shop."), ("user", "When do you open?")]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("mode", ["drip", "drip_headers", "delay"])
def test_the_deadline_holds_against_a_server_that_never_ends(
    server: ModelServer, vendor: str, mode: str
) -> None:
    server.behave(mode, seconds=0.2 if mode != "delay" else 30)
    provider = provider_at(server, vendor)
    assert failure(provider, seconds=0.7).code == "timeout"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_passed_deadline_makes_no_request(server: ModelServer, vendor: str) -> None:
    assert failure(provider_at(server, vendor), seconds=0).code == "timeout"
    assert server.calls == []


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("mode", ["big", "gzip_bomb"])
def test_a_huge_answer_is_never_held_in_memory(server: ModelServer, vendor: str, mode: str) -> None:
    server.behave(mode)
    provider = provider_at(server, vendor)
    failure(provider)
    tracemalloc.start()
    failure(provider)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The server's own copy of the 10 MB answer is in this process too.
    assert peak < 50_000_000


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_that_can_not_be_reached_says_so(vendor: str) -> None:
    with ModelServer() as gone:
        provider = provider_at(gone, vendor)
    assert failure(provider).code == "unreachable"


@pytest.mark.parametrize("vendor", VENDORS)
def test_proxies_of_the_environment_are_not_used(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ModelServer() as fresh:
        assert provider_at(fresh, vendor).complete(a_request()).text


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("mode", ["bad_key", "400", "429", "html200", "reset"])
def test_no_error_text_holds_the_key(server: ModelServer, vendor: str, mode: str) -> None:
    server.behave(mode)
    error = failure(provider_at(server, vendor))
    assert KEY not in f"{error} {error.detail} {error!r}"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_useless_answer_still_tells_what_it_cost(server: ModelServer, vendor: str) -> None:
    server.behave("max_tokens")
    error = failure(provider_at(server, vendor))
    assert error.usage == Usage(server.calls[0].tokens_in, server.calls[0].tokens_out)
    assert error.usage.tokens_out > 0


@pytest.mark.parametrize(
    ("vendor", "said", "seconds"),
    [
        ("gemini", "17s", 17.0),
        ("gemini", "1.5s", 1.5),
        ("gemini", "soon", None),
        ("google-generativeai", "17s", 17.0),
        ("openai", "1", 1.0),
        ("openai", "3600", 3600.0),
        ("openai", "x", None),
        ("anthropic", "2", 2.0),
    ],
)
def test_the_pause_a_vendor_asks_for_is_read(
    server: ModelServer, vendor: str, said: str, seconds: float | None
) -> None:
    server.behave("429", retry_after=said)
    assert failure(provider_at(server, vendor)).retry_after == seconds


def test_text_that_no_database_takes_is_cleaned(server: ModelServer) -> None:
    server.behave(text="  fine\x00 \ud800 words ")
    assert provider_at(server, "openai").complete(a_request()).text == "fine  words"


@pytest.mark.parametrize("vendor", VENDORS)
def test_sixty_four_threads_share_one_client(server: ModelServer, vendor: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    server.behave("delay", seconds=1.0)
    provider = provider_at(server, vendor)
    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(lambda n: provider.complete(a_request(str(n))).text, range(64)))
    assert answers == [f"Answer to: {n}" for n in range(64)]
    assert server.peak > 8
