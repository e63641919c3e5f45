"""Streamed answers over the wire: every vendor, and every way in which a stream goes wrong."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from AI_model.providers.base import (
    AnswerStream,
    Completion,
    CompletionRequest,
    Patience,
    ProviderError,
    Usage,
)
from AI_model.providers.openai_compatible import OpenAICompatibleProvider
from AI_model.testing.model_server import Call, ModelServer
from AI_model.testing.requests import a_request
from AI_model.tests.test_providers_hosted import COMMON, KEY, VENDORS, provider_at
from core.lib.clock import Deadline

STREAMING = ("gemini", "openai", "anthropic")
TEXT = "  We open at nine.\n\n**Monday** to Friday, süß und 🙂 — always.  "
LATE = {
    "break": ("unreachable", False),
    "ends_early": ("unreachable", False),
    "error_event": ("overloaded", False),
    "blocked_late": ("blocked", True),
}


@pytest.fixture(scope="module")
def module_server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
def server(module_server: ModelServer) -> Iterator[ModelServer]:
    module_server.reset()
    yield module_server
    module_server.hook = None


def patient(request: CompletionRequest, patience: Patience) -> CompletionRequest:
    return replace(request, patience=patience)


def heard(stream: AnswerStream) -> tuple[str, Completion | None, ProviderError | None]:
    """What came, and how it ended."""
    text = ""
    try:
        for item in stream:
            if isinstance(item, Completion):
                return text, item, None
            text += item
    except ProviderError as error:
        return text, None, error
    return text, None, None


def until(condition: Callable[[], object], seconds: float = 5.0) -> bool:
    deadline = Deadline.after(seconds)
    while not condition() and not deadline.passed:
        time.sleep(0.01)
    return bool(condition())


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_pieces_together_are_the_answer_that_came_whole(
    server: ModelServer, vendor: str
) -> None:
    server.behave(text=TEXT)
    provider = provider_at(server, vendor)
    *pieces, last = provider.stream(a_request())
    assert isinstance(last, Completion)
    whole = provider.complete(a_request()).text
    assert "".join(map(str, pieces)) == last.text == whole == TEXT.strip()
    assert (last.finish, last.model, last.provider) == ("stop", provider.model, provider.kind)
    assert len(pieces) > 5 or vendor == "google-generativeai"


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_usage_is_what_the_vendor_counted(server: ModelServer, vendor: str) -> None:
    server.behave(cached=3, thinking=7)
    _, completion, _ = heard(provider_at(server, vendor).stream(a_request()))
    call = server.calls[0]
    assert completion is not None and call.tokens_out > 7
    assert completion.usage == Usage(call.tokens_in, call.tokens_out, 3, 7)


@pytest.mark.parametrize("vendor", STREAMING)
def test_a_piece_is_passed_on_before_the_next_one_is_sent(server: ModelServer, vendor: str) -> None:
    seen: list[str] = []
    late: list[int] = []

    def after_the_last_was_seen(moment: str, call: Call | None) -> None:
        if moment == "piece" and call is not None:
            sent = len(call.pieces_at)
            if not until(lambda: len(seen) >= sent):
                late.append(sent)

    server.hook = after_the_last_was_seen
    server.behave(text="One two three four")
    for item in provider_at(server, vendor).stream(a_request()):
        seen.append(str(item))
    assert (seen[:4], late) == (["One", " two", " three", " four"], [])


@pytest.mark.parametrize("vendor", STREAMING)
def test_closing_the_stream_closes_the_connection_at_once(server: ModelServer, vendor: str) -> None:
    server.behave(text="word " * 1000, pause=0.02)
    stream = provider_at(server, vendor).stream(a_request())
    assert next(stream) == "word"
    closed_at = time.monotonic()
    stream.close()
    assert until(lambda: server.calls[0].left_at)
    assert (server.calls[0].left_at or 0) - closed_at < 1.0
    assert list(stream) == []


@pytest.mark.parametrize("vendor", STREAMING)
def test_what_was_counted_before_the_stop_is_known(server: ModelServer, vendor: str) -> None:
    server.behave(text="word " * 50, pause=0.01)
    with provider_at(server, vendor).stream(a_request()) as stream:
        next(stream)
        counted = stream.heard.usage
    asked = server.calls[0].tokens_in
    told = {"gemini": Usage(asked, 0), "anthropic": Usage(asked, 1), "openai": Usage()}
    assert counted == told[vendor]


@pytest.mark.parametrize("vendor", STREAMING)
@pytest.mark.parametrize("mode", LATE)
def test_what_came_before_a_break_is_kept_beside_the_error(
    server: ModelServer, vendor: str, mode: str
) -> None:
    server.behave(mode, text="One two three four")
    text, completion, error = heard(provider_at(server, vendor).stream(a_request()))
    assert completion is None and error is not None
    assert (error.code, error.permanent) == LATE[mode]
    assert text == ("One two three four" if mode == "blocked_late" else "One two")
    if vendor != "openai" or mode == "blocked_late":
        assert error.usage.tokens_in == server.calls[0].tokens_in > 0


SAME_AS_WHOLE = [mode for mode in COMMON if mode not in ("max_tokens", "tool_call")]


@pytest.mark.parametrize("vendor", STREAMING)
@pytest.mark.parametrize("mode", SAME_AS_WHOLE)
def test_what_fails_before_the_first_word_fails_as_a_whole_answer_does(
    server: ModelServer, vendor: str, mode: str
) -> None:
    server.behave(mode)
    text, _, error = heard(provider_at(server, vendor).stream(a_request()))
    assert error is not None and (text, error.code, error.permanent) == ("", *COMMON[mode])
    assert len(server.calls) == 1
    assert KEY not in f"{error} {error!r}"


@pytest.mark.parametrize("vendor", STREAMING)
def test_an_answer_without_room_is_kept_and_marked(server: ModelServer, vendor: str) -> None:
    server.behave("max_tokens", text="As far as it")
    text, completion, _ = heard(provider_at(server, vendor).stream(a_request()))
    assert completion is not None
    assert (text, completion.text, completion.finish) == ("As far as it", "As far as it", "cut")


@pytest.mark.parametrize("vendor", STREAMING)
def test_the_pause_that_a_vendor_asks_for_is_read(server: ModelServer, vendor: str) -> None:
    server.behave("429", retry_after="17s" if vendor == "gemini" else "17")
    _, _, error = heard(provider_at(server, vendor).stream(a_request()))
    assert error is not None and error.retry_after == 17.0


@pytest.mark.parametrize("vendor", STREAMING)
def test_silence_in_the_middle_ends_the_call(server: ModelServer, vendor: str) -> None:
    server.behave("hang", text="One two three four", seconds=30)
    request = patient(a_request(), Patience(silence=0.5))
    started = time.monotonic()
    text, _, error = heard(provider_at(server, vendor).stream(request))
    assert error is not None and (text, error.code) == ("One two", "timeout")
    assert time.monotonic() - started < 5
    assert until(lambda: server.calls[0].left_at)


@pytest.mark.parametrize("vendor", STREAMING)
def test_signs_of_life_are_no_silence_but_no_answer_either(
    server: ModelServer, vendor: str
) -> None:
    server.behave("thinks", seconds=1.2, text="At last")
    provider = provider_at(server, vendor)
    slow = patient(a_request(), Patience(silence=0.5))
    assert heard(provider.stream(slow))[0] == "At last"
    hurried = patient(a_request(), Patience(first_word=Deadline.after(0.5)))
    text, _, error = heard(provider.stream(hurried))
    assert error is not None and (text, error.code) == ("", "timeout")


@pytest.mark.parametrize("vendor", STREAMING)
def test_an_answer_that_has_begun_may_use_all_the_time(server: ModelServer, vendor: str) -> None:
    server.behave(text="One two three four five six", pause=0.2)
    begun = patient(a_request(), Patience(first_word=Deadline.after(0.6)))
    text, completion, _ = heard(provider_at(server, vendor).stream(begun))
    assert completion is not None and text == "One two three four five six"


@pytest.mark.parametrize("vendor", STREAMING)
def test_the_deadline_holds_in_the_middle_of_an_answer(server: ModelServer, vendor: str) -> None:
    server.behave(text="word " * 1000, pause=0.05)
    text, _, error = heard(provider_at(server, vendor).stream(a_request(seconds=0.8)))
    assert error is not None and error.code == "timeout"
    assert text.startswith("word word")


@pytest.mark.parametrize("vendor", VENDORS)
def test_who_waits_for_the_first_word_may_go(server: ModelServer, vendor: str) -> None:
    server.behave("delay", seconds=20)
    gone = threading.Event()
    request = patient(a_request(), Patience(wanted=lambda: not gone.is_set()))
    threading.Timer(0.4, gone.set).start()
    started = time.monotonic()
    _, _, error = heard(provider_at(server, vendor).stream(request))
    assert error is not None and error.code == "stopped"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("vendor", "mode"),
    [*((v, "endless_line") for v in STREAMING), ("openai", "endless"), ("anthropic", "endless")],
)
def test_a_stream_without_an_end_is_given_up(server: ModelServer, vendor: str, mode: str) -> None:
    server.behave(mode)
    _, _, error = heard(provider_at(server, vendor).stream(a_request(seconds=60)))
    assert error is not None and error.code == "too_large"


@pytest.mark.parametrize("vendor", STREAMING)
def test_an_answer_longer_on_the_wire_than_a_whole_one_may_be_passes(
    server: ModelServer, vendor: str
) -> None:
    server.behave(text="word " * 12_000)
    text, completion, _ = heard(provider_at(server, vendor).stream(a_request(seconds=60)))
    assert completion is not None and text.count("word") == 12_000


def test_a_server_that_can_not_count_is_asked_without_and_remembered(server: ModelServer) -> None:
    server.behave("no_stream_options")
    url = f"{server.url}/v1"
    provider = OpenAICompatibleProvider(model="house-model-2", api_key=KEY, base_url=url)
    for _ in range(2):
        text, completion, _ = heard(provider.stream(a_request()))
        assert completion is not None and text and completion.usage == Usage()
    assert ["stream_options" in call.body for call in server.calls] == [True, False, False]


def test_a_server_that_does_not_stream_answers_in_one_piece(server: ModelServer) -> None:
    server.behave("no_stream", text="All at once")
    text, completion, _ = heard(provider_at(server, "openai").stream(a_request()))
    assert completion is not None and text == completion.text == "All at once"
    assert completion.usage.tokens_out == server.calls[0].tokens_out > 0


def test_an_error_with_status_200_is_an_error(server: ModelServer) -> None:
    server.behave("error200")
    _, _, error = heard(provider_at(server, "openai").stream(a_request()))
    assert error is not None and error.code == "overloaded"


@pytest.mark.parametrize("vendor", STREAMING)
def test_streams_of_many_threads_do_not_mix(server: ModelServer, vendor: str) -> None:
    server.behave(pause=0.01)
    provider = provider_at(server, vendor)

    def ask(number: int) -> str:
        return heard(provider.stream(a_request(f"number {number} of many")))[0]

    with ThreadPoolExecutor(24) as threads:
        said = list(threads.map(ask, range(24)))
    assert said == [f"Answer to: number {n} of many" for n in range(24)]


@pytest.mark.parametrize("vendor", STREAMING)
def test_two_streams_of_one_thread_keep_to_their_own_deadlines(
    server: ModelServer, vendor: str
) -> None:
    server.behave(text="one two three four five six seven", pause=0.15)
    provider = provider_at(server, vendor)
    short, long = provider.stream(a_request(seconds=0.6)), provider.stream(a_request())
    next(long)
    next(short)
    with pytest.raises(ProviderError), suppress(StopIteration):
        while True:
            next(short)
    assert heard(long)[1] is not None
    assert provider.complete(a_request()).text
