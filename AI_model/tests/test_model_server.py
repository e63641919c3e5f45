"""The loopback vendor that other tests, benches and drills stand on."""

import json
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from AI_model.providers.anthropic import AnthropicProvider
from AI_model.testing.model_server import Call, ModelServer
from AI_model.testing.requests import a_request


def http(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=20) as answer:
        return json.load(answer)


def test_a_hundred_slow_requests_are_held_at_once() -> None:
    with ModelServer() as server, ThreadPoolExecutor(100) as threads:
        server.behave("delay", seconds=3)
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        url = f"{server.url}/v1/chat/completions"
        list(threads.map(lambda _: http(url, body), range(100)))
        assert (server.peak, len(server.calls)) == (100, 100)


def test_the_hook_sees_each_moment_and_may_hold_the_answer_back() -> None:
    moments: list[tuple[str, bool]] = []
    last = threading.Event()

    def hook(moment: str, call: Call | None) -> None:
        moments.append((moment, call is not None and call.answered))
        if moment == "response_sent":
            last.set()

    with ModelServer(hook=hook) as server:
        provider = AnthropicProvider(model="m", api_key="key", base_url=server.url)
        provider.complete(a_request())
        # The client may have its answer before the server says that it was sent.
        assert last.wait(10)
    assert moments == [("accept", False), ("request_read", False), ("response_sent", True)]


@pytest.mark.once
def test_as_a_process_it_is_told_what_to_do_and_tells_what_it_got() -> None:
    command = [sys.executable, "-m", "AI_model.testing.model_server", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        http(f"{url}/_ctl", {"mode": "ok", "times": 1, "text": "Told so"})
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        said = [http(f"{url}/v1/chat/completions", body) for _ in range(2)]
        texts = [answer["choices"][0]["message"]["content"] for answer in said]
        assert texts == ["Told so", "Answer to: Hi"]
        calls = http(f"{url}/_ledger")["calls"]
        assert [(call["vendor"], call["status"]) for call in calls] == [("openai", 200)] * 2
    finally:
        process.terminate()
        process.wait(10)
