"""The stand-in for Meta: that it refuses what Meta refuses, and how drills steer it."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from messaging.testing.fixtures import (
    INSTAGRAM_ID,
    INSTAGRAM_TOKEN,
    META_CUSTOMER,
    PAGE_ID,
    PAGE_TOKEN,
)
from messaging.testing.graph_rules import SENDS_PER_SECOND
from messaging.testing.graph_server import GraphServer
from messaging.testing.graph_wire import REFUSALS

SHARED = Path(__file__).resolve().parents[3] / "shared" / "payloads" / "responses"
HELLO = {"recipient": {"id": META_CUSTOMER}, "message": {"text": "Hello"}}
BEARER = {"Authorization": f"Bearer {INSTAGRAM_TOKEN}"}


def post(server: GraphServer, path: str = "me/messages", **more: Any) -> httpx.Response:
    given: dict[str, Any] = {"json": HELLO, "headers": BEARER} | more
    return httpx.post(f"{server.url}/v26.0/{path}", trust_env=False, **given)


def code_of(answer: httpx.Response) -> tuple[int, int | None]:
    error = answer.json().get("error", {})
    return error.get("code", 0), error.get("error_subcode")


@pytest.mark.parametrize("node", ["me", INSTAGRAM_ID, "29001"])
def test_an_account_sends_under_each_of_its_names(node: str, graph_server: GraphServer) -> None:
    answer = post(graph_server, f"{node}/messages").json()
    assert answer["recipient_id"] == META_CUSTOMER
    assert len(answer["message_id"]) > 150


def test_nobody_sends_for_another(graph_server: GraphServer) -> None:
    assert code_of(post(graph_server, f"{PAGE_ID}/messages")) == (100, 33)
    assert code_of(post(graph_server, headers={})) == (2500, None)
    assert code_of(post(graph_server, headers={"Authorization": "Bearer IGx"})) == (190, None)
    assert graph_server.sent() == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"data": HELLO}, (100, None)),
        ({"json": {**HELLO, "recipient": {"id": "1"}}}, (100, 2534014)),
        ({"json": {**HELLO, "recipient": {}}}, (100, None)),
        ({"json": {**HELLO, "message": {"text": " "}}}, (100, None)),
        ({"json": {**HELLO, "message": {"text": "ж" * 501}}}, (100, None)),
        ({"json": {**HELLO, "sender_action": "typing_on"}}, (100, None)),
        ({"json": {**HELLO, "tag": "HUMAN_AGENT"}}, (100, None)),
        ({"json": {**HELLO, "messaging_type": "MESSAGE_TAG", "tag": "X"}}, (100, None)),
        ({"json": {**HELLO, "messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}}, (10, None)),
    ],
)
def test_a_send_that_breaks_a_rule_is_refused(
    body: dict[str, Any], code: tuple[int, int | None], graph_server: GraphServer
) -> None:
    more = {"json": None} | body
    assert code_of(post(graph_server, **more)) == code
    assert graph_server.sent() == []


def test_the_window_closes_after_a_day(graph_server: GraphServer) -> None:
    graph_server.heard_from(META_CUSTOMER, ago=timedelta(hours=24, seconds=1))
    assert code_of(post(graph_server)) == (10, 2534022)
    assert code_of(post(graph_server, headers={"Authorization": f"Bearer {PAGE_TOKEN}"})) == (
        *(10, 2018278),
    )
    graph_server.heard_from(META_CUSTOMER, available=False)
    assert code_of(post(graph_server)) == (551, None)


def test_an_account_sends_only_so_fast(graph_server: GraphServer) -> None:
    account = graph_server.accounts[INSTAGRAM_TOKEN]
    assert post(graph_server).status_code == 200
    account.sends.extend([account.sends[0] + 60] * SENDS_PER_SECOND)
    assert code_of(post(graph_server)) == (613, 2534040)


def test_one_unknown_field_refuses_the_subscription(graph_server: GraphServer) -> None:
    path = f"{INSTAGRAM_ID}/subscribed_apps?subscribed_fields="
    assert code_of(post(graph_server, path + "messages,message_echoes")) == (100, None)
    assert graph_server.accounts[INSTAGRAM_TOKEN].subscribed == []
    assert post(graph_server, path + "messages,standby").json() == {"success": True}


def test_what_is_lost_may_have_been_taken(graph_server: GraphServer) -> None:
    for mode in ("trouble_but_taken", "gateway_but_taken"):
        graph_server.plan(mode)
        assert post(graph_server).status_code >= 500
    graph_server.plan("reset_after_read")
    with pytest.raises(httpx.ReadError):
        post(graph_server)
    graph_server.plan("trouble_2")
    post(graph_server)
    assert len(graph_server.sent(META_CUSTOMER)) == 3


SAME = {
    "10_2534022_window": "window_closed",
    "100_2534014_no_user": "no_such_user",
    "190_expired": "expired",
    "2_transient": "trouble_2",
    "551_unavailable": "unavailable",
    "613_2534040_rate": "rate_613",
    "80002_buc_rate": "rate_buc",
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared answer files are not on this machine")
@pytest.mark.parametrize("name", SAME)
def test_refusals_are_word_for_word_as_documented(name: str) -> None:
    documented = orjson.loads((SHARED / f"instagram_{name}.json").read_bytes())
    ours = REFUSALS[SAME[name]]
    assert orjson.loads(ours.body) == documented["body"]
    assert ours.status == documented["http_status"]


@pytest.mark.once
def test_as_a_process_it_is_steered_over_http_and_keeps_a_ledger(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-m", "messaging.testing.graph_server", "--ledger", str(ledger)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        for order in (
            {"account": {"id": "7", "token": "IGseven"}},
            {"customer": {"id": "5", "ago": 60, "name": "Ana"}},
            {"mode": "rate_613", "recipient": "5"},
        ):
            httpx.post(f"{url}/_ctl", json=order).raise_for_status()
        body = {"recipient": {"id": "5"}, "message": {"text": "hi"}}
        answers = [
            httpx.post(
                f"{url}/v26.0/7/messages", json=body, headers={"Authorization": "Bearer IGseven"}
            )
            for _ in range(2)
        ]
        seen = httpx.get(f"{url}/_ledger").json()
        refused = httpx.post(f"{url}/_ctl", json={"mode": "nonsense"})
        process.terminate()
        assert process.wait(10) == 0
    assert [answer.status_code for answer in answers] == [400, 200]
    assert [line["accepted"] for line in seen] == [False, True]
    assert [orjson.loads(line) for line in ledger.read_bytes().splitlines()] == seen
    assert "IGseven" not in ledger.read_text()
    assert refused.status_code == 400
