"""The stand-in for Telegram as drills use it: a process with a ledger, steered over HTTP."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from messaging.testing.telegram_server import TelegramServer


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture
def running(ledger: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "messaging.testing.telegram_server", "--ledger", str(ledger)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([*command, "--hooks"], stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()
        process.terminate()
        assert process.wait(10) == 0


@pytest.mark.once
def test_the_ledger_is_written_before_the_answer(
    running: str, ledger: Path, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    hook = {"request_read": f"cp {ledger} {seen}"}
    httpx.post(f"{running}/_ctl", json={"hook": hook}).raise_for_status()
    answer = httpx.post(f"{running}/bot7:x/sendMessage", data={"chat_id": "5", "text": "hi"})
    line = orjson.loads(seen.read_bytes())
    assert line["message_id"] == answer.json()["result"]["message_id"]
    assert (line["bot"], line["fields"], line["accepted"]) == (
        *("7", {"chat_id": "5", "text": "hi"}, True),
    )
    assert httpx.get(f"{running}/_ledger").json() == [line]


@pytest.mark.once
def test_a_mode_holds_for_as_many_calls_as_ordered(running: str) -> None:
    order = {"mode": "blocked", "times": 2, "chat_id": "5"}
    httpx.post(f"{running}/_ctl", json=order).raise_for_status()
    answers = [
        httpx.post(f"{running}/bot7:x/sendMessage", data={"chat_id": chat, "text": "hi"})
        for chat in ("5", "6", "5", "5")
    ]
    assert [answer.status_code for answer in answers] == [403, 200, 403, 200]
    assert httpx.post(f"{running}/_ctl", json={"mode": "nonsense"}).status_code == 400


def test_a_shell_command_is_run_only_when_that_was_allowed() -> None:
    with TelegramServer() as server:
        order = {"hook": {"accept": "touch nothing"}}
        assert httpx.post(f"{server.url}/_ctl", json=order).status_code == 400


def test_a_hook_of_a_test_runs_at_its_moment() -> None:
    moments: list[str] = []
    answered = threading.Event()
    with TelegramServer() as server:
        server.hooks["request_read"] = lambda call: moments.append(f"read {len(server.calls)}")
        server.hooks["response_sent"] = lambda call: answered.set()
        httpx.post(f"{server.url}/bot7:x/sendMessage", data={"chat_id": "5", "text": "hi"})
        assert answered.wait(10)
    assert moments == ["read 1"]


@pytest.mark.parametrize(
    ("text", "description"), [(" ", "text is empty"), ("😀" * 2049, "too long")]
)
def test_it_refuses_what_the_real_one_refuses(text: str, description: str) -> None:
    with TelegramServer() as server:
        data = {"chat_id": "5", "text": text}
        answer = httpx.post(f"{server.url}/bot7:x/sendMessage", data=data)
        assert description in answer.json()["description"]
        assert server.sent() == []
