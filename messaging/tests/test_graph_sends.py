"""Each way in which a send to Instagram or Messenger can go, and what we then hold to be true."""

import dataclasses
import socket
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from pytest_django import Settings

from messaging.adapters.graph_calls import Exchange, GraphCall, Line, call
from messaging.adapters.graph_receipts import receipt_of
from messaging.adapters.registry import adapter_for
from messaging.adapters.splitting import split_text
from messaging.testing.fixtures import (
    INSTAGRAM_ID,
    INSTAGRAM_TOKEN,
    META_CUSTOMER,
    PAGE_ID,
    PAGE_TOKEN,
)
from messaging.testing.graph_server import GraphServer
from messaging.testing.graph_wire import MODES
from messaging.types import ChannelAccount, FailureScope, OutboundMessage, SendOutcome, SendReceipt

INSTAGRAM = ChannelAccount("c1", "instagram", INSTAGRAM_ID, {"token": INSTAGRAM_TOKEN})
BY_FACEBOOK = ChannelAccount(
    *("c2", "instagram", INSTAGRAM_ID, {"token": PAGE_TOKEN}),
    settings={"flavour": "facebook_login", "page_id": PAGE_ID},
)
MESSENGER = ChannelAccount("c3", "messenger", PAGE_ID, {"token": PAGE_TOKEN})
SENT, REJECTED, UNCERTAIN = SendOutcome.SENT, SendOutcome.REJECTED, SendOutcome.UNCERTAIN
MESSAGE, CUSTOMER, CHANNEL = FailureScope.MESSAGE, FailureScope.CUSTOMER, FailureScope.CHANNEL
SHARED = Path(__file__).resolve().parents[3] / "shared" / "payloads" / "responses"


def send(
    text: str = "Hello",
    *,
    account: ChannelAccount = INSTAGRAM,
    to: str = META_CUSTOMER,
    **more: Any,
) -> SendReceipt:
    message = OutboundMessage(conversation_key=to, text=text, local_id="m1", **more)
    return adapter_for(account.kind).send(account, message)


# Mode of the server -> outcome, code, permanent, scope. What is uncertain is never sent again.
MEANINGS = {
    "window_closed": (REJECTED, "window_closed", True, MESSAGE),
    "page_window_closed": (REJECTED, "window_closed", True, MESSAGE),
    "window_closed_anew": (REJECTED, "window_closed", True, MESSAGE),
    "restricted": (REJECTED, "restricted", True, CHANNEL),
    "restricted_too": (REJECTED, "restricted", True, CHANNEL),
    "policy_block": (REJECTED, "restricted", True, CHANNEL),
    "no_permission": (REJECTED, "not_permitted", True, CHANNEL),
    "no_scope": (REJECTED, "not_permitted", True, CHANNEL),
    "access_off": (REJECTED, "access_off", True, CHANNEL),
    "no_such_user": (REJECTED, "no_such_customer", True, CUSTOMER),
    "no_matching_user": (REJECTED, "no_such_customer", True, CUSTOMER),
    "unavailable": (REJECTED, "unavailable", True, CUSTOMER),
    "not_receiving": (REJECTED, "unavailable", True, CUSTOMER),
    "bad_parameter": (REJECTED, "refused", True, MESSAGE),
    "odd_error": (REJECTED, "refused", True, MESSAGE),
    "expired": (REJECTED, "bad_token", True, CHANNEL),
    "revoked": (REJECTED, "bad_token", True, CHANNEL),
    "logged_out": (REJECTED, "bad_token", True, CHANNEL),
    "unknown_token": (REJECTED, "bad_token", True, CHANNEL),
    "no_token": (REJECTED, "bad_token", True, CHANNEL),
    "rate_613": (REJECTED, "rate_limited", False, MESSAGE),
    "rate_buc": (REJECTED, "rate_limited", False, MESSAGE),
    "rate_app": (REJECTED, "rate_limited", False, MESSAGE),
    "rate_user": (REJECTED, "rate_limited", False, MESSAGE),
    "rate_page": (REJECTED, "rate_limited", False, MESSAGE),
    "gateway_429": (REJECTED, "rate_limited", False, MESSAGE),
    "gateway_403": (REJECTED, "gateway", False, MESSAGE),
    "trouble_1": (UNCERTAIN, "platform_trouble", False, MESSAGE),
    "trouble_2": (UNCERTAIN, "platform_trouble", False, MESSAGE),
    "trouble_but_taken": (UNCERTAIN, "platform_trouble", False, MESSAGE),
    "passing": (UNCERTAIN, "platform_trouble", False, MESSAGE),
    "own_500": (UNCERTAIN, "platform_trouble", False, MESSAGE),
    "gateway_502": (UNCERTAIN, "gateway", False, MESSAGE),
    "gateway_but_taken": (UNCERTAIN, "gateway", False, MESSAGE),
    "gateway_503": (UNCERTAIN, "gateway", False, MESSAGE),
    "gateway_504": (UNCERTAIN, "gateway", False, MESSAGE),
    "not_json": (UNCERTAIN, "gateway", False, MESSAGE),
    "json_list": (UNCERTAIN, "gateway", False, MESSAGE),
    "odd_json": (UNCERTAIN, "gateway", False, MESSAGE),
    "reset_after_read": (UNCERTAIN, "no_answer", False, MESSAGE),
    "close_after_read": (UNCERTAIN, "no_answer", False, MESSAGE),
    "half_an_answer": (UNCERTAIN, "no_answer", False, MESSAGE),
}


def test_every_mishap_of_the_server_has_its_meaning_here() -> None:
    assert set(MEANINGS) == MODES - {"ok", "no_message_id", "silence"}


@pytest.mark.parametrize("mode", MEANINGS)
def test_each_mishap_has_its_meaning_and_the_next_send_works(
    mode: str, graph_server: GraphServer
) -> None:
    graph_server.plan(mode)
    receipt = send()
    assert (receipt.outcome, receipt.code, receipt.permanent, receipt.scope) == MEANINGS[mode]
    assert receipt.detail.endswith(".")
    assert "{" not in receipt.detail
    assert INSTAGRAM_TOKEN not in repr(receipt)
    assert len(graph_server.calls) == 1
    assert send("Again").outcome is SENT


def test_a_message_goes_out_as_json_with_the_token_in_the_header(graph_server: GraphServer) -> None:
    receipt = send("1 < 2 & *no* markup 👋🏽")
    (made,) = graph_server.calls
    assert receipt == SendReceipt(SENT, external_id=made.message_id)
    assert made.path == f"/v26.0/{INSTAGRAM_ID}/messages"
    assert made.fields == {
        "recipient": {"id": META_CUSTOMER},
        "message": {"text": "1 < 2 & *no* markup 👋🏽"},
    }
    assert (made.query, made.token_in_address) == ({}, False)


def test_with_facebooks_login_the_page_sends_for_instagram(graph_server: GraphServer) -> None:
    graph_server.heard_from(META_CUSTOMER, kind="instagram")
    assert send("x" * 1000, account=BY_FACEBOOK).outcome is SENT
    assert send("x" * 1001, account=BY_FACEBOOK).code == "refused"
    assert {made.path for made in graph_server.calls} == {f"/v26.0/{PAGE_ID}/messages"}


def test_messenger_says_that_it_responds(graph_server: GraphServer) -> None:
    assert send("x" * 2000, account=MESSENGER).outcome is SENT
    assert graph_server.calls[0].fields["messaging_type"] == "RESPONSE"
    assert send("x" * 2001, account=MESSENGER).code == "refused"


def test_the_version_is_the_operators(graph_server: GraphServer, settings: Settings) -> None:
    settings.INSTAGRAM_GRAPH_VERSION = "v27.0"
    assert send().outcome is SENT
    assert graph_server.calls[0].path.startswith("/v27.0/")


@pytest.mark.parametrize(
    ("account", "host"),
    [
        (INSTAGRAM, "https://graph.instagram.com"),
        (BY_FACEBOOK, "https://graph.facebook.com"),
        (MESSENGER, "https://graph.facebook.com"),
    ],
)
def test_without_a_setting_each_flavour_knows_its_host(
    account: ChannelAccount, host: str, settings: Settings
) -> None:
    from messaging.adapters.meta import MetaAdapter

    settings.INSTAGRAM_GRAPH_BASE = ""
    adapter = adapter_for(account.kind)
    assert isinstance(adapter, MetaAdapter)
    assert adapter.root_of(account) == host


@pytest.mark.parametrize(
    ("hours", "tag", "permission", "outcome", "code"),
    [
        (23.9, "", False, SENT, ""),
        (24.1, "", True, REJECTED, "window_closed"),
        (24.1, "HUMAN_AGENT", True, SENT, ""),
        (24.1, "HUMAN_AGENT", False, REJECTED, "tag_refused"),
        (167.9, "HUMAN_AGENT", True, SENT, ""),
        (168.1, "HUMAN_AGENT", True, REJECTED, "window_closed"),
        (1, "ACCOUNT_UPDATE", True, REJECTED, "refused"),
    ],
)
@pytest.mark.parametrize("account", [INSTAGRAM, MESSENGER], ids=["instagram", "messenger"])
def test_the_window_and_its_tag(
    account: ChannelAccount,
    hours: float,
    tag: str,
    permission: bool,
    outcome: SendOutcome,
    code: str,
    graph_server: GraphServer,
) -> None:
    graph_server.accounts[account.secrets["token"]].human_agent = permission
    graph_server.heard_from(META_CUSTOMER, ago=timedelta(hours=hours))
    receipt = send(account=account, tag=tag)
    assert (receipt.outcome, receipt.code, receipt.scope) == (outcome, code, MESSAGE)


def test_a_tag_is_sent_only_when_it_was_given(graph_server: GraphServer) -> None:
    graph_server.accounts[INSTAGRAM_TOKEN].human_agent = True
    send()
    send(tag="HUMAN_AGENT")
    plain, tagged = graph_server.calls
    assert not {"tag", "messaging_type"} & set(plain.fields)
    assert tagged.fields["messaging_type"] == "MESSAGE_TAG"
    assert tagged.fields["tag"] == "HUMAN_AGENT"


@pytest.mark.parametrize(("account", "fewest"), [(INSTAGRAM, 8), (MESSENGER, 3)])
def test_a_long_text_in_parts_is_taken_whole_and_no_character_is_cut(
    account: ChannelAccount, fewest: int, graph_server: GraphServer
) -> None:
    text = " ".join(["Велосипед 🚲👩🏽‍🔧 готов", "naïve café ﷽"] * 120) + "x" * 2001
    parts = split_text(text, adapter_for(account.kind).capabilities.text_limit)
    assert [send(part, account=account).outcome for part in parts] == [SENT] * len(parts)
    assert len(parts) >= fewest
    assert "".join(graph_server.texts()).replace(" ", "") == text.replace(" ", "")
    assert not any(part.startswith(("\u200d", "🏽")) for part in parts)


def test_a_text_of_a_byte_too_many_is_refused(graph_server: GraphServer) -> None:
    assert send("ж" * 500).outcome is SENT
    assert send("ж" * 500 + "!").code == "refused"


def test_a_limit_says_when_to_come_back(graph_server: GraphServer) -> None:
    graph_server.plan("rate_buc")
    assert send().retry_after == 180
    graph_server.plan("rate_613")
    assert send().retry_after is None


@pytest.mark.parametrize(
    ("usage", "retry_after", "seconds"),
    [
        ('{"1": [{"estimated_time_to_regain_access": 2}]}', "", 120),
        ('{"1": [{"estimated_time_to_regain_access": 2}, {"type": "x"}], "2": []}', "", 120),
        (
            *('{"1": [{"estimated_time_to_regain_access": 1}]', ""),
            None,
        ),
        ('{"1": [{"estimated_time_to_regain_access": 0}]}', "9", 9),
        ("[]", "9", 9),
        ('{"1": {"a": 1}, "2": ["b"]}', "soon", None),
    ],
)
def test_the_usage_header_is_read_whatever_it_holds(
    usage: str, retry_after: str, seconds: float | None
) -> None:
    error = {"code": 80002, "message": "Too many calls", "type": "OAuthException"}
    body = orjson.dumps({"error": error})
    exchange = Exchange(True, 400, body, usage, retry_after)
    assert receipt_of(exchange, platform="Instagram").retry_after == seconds


def test_a_send_without_an_id_in_the_answer_is_sent(graph_server: GraphServer) -> None:
    graph_server.plan("no_message_id")
    assert send() == SendReceipt(SENT, external_id="")


def test_nothing_was_sent_when_nobody_listens(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.INSTAGRAM_GRAPH_BASE = f"http://127.0.0.1:{unused.getsockname()[1]}"
    receipt = send()
    assert (receipt.outcome, receipt.code, receipt.permanent) == (REJECTED, "unreachable", False)


def test_nothing_was_sent_when_tls_fails(graph_server: GraphServer, settings: Settings) -> None:
    settings.INSTAGRAM_GRAPH_BASE = graph_server.url.replace("http:", "https:")
    assert send().outcome is REJECTED
    assert graph_server.calls == []


def test_no_answer_in_time_leaves_it_open(graph_server: GraphServer) -> None:
    graph_server.plan("silence")
    asked = GraphCall("POST", f"{graph_server.url}/v26.0/me/messages", "t", fields={})
    receipt = receipt_of(call(asked, seconds=0.3), platform="Instagram")
    assert (receipt.outcome, receipt.code) == (UNCERTAIN, "no_answer")
    assert len(graph_server.calls) == 1


def test_proxies_of_the_environment_are_not_used(
    graph_server: GraphServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    exchange = Exchange()
    asked = GraphCall("GET", f"{graph_server.url}/v26.0/me", INSTAGRAM_TOKEN)
    Line().start(asked, exchange, 5).result(10)
    assert exchange.status == 200


@pytest.mark.parametrize("text", ["", "  ", "\x00\ud800"])
def test_a_text_without_words_is_refused_before_the_network(
    text: str, graph_server: GraphServer
) -> None:
    assert (send(text).code, send(to="").code) == ("empty", "bad_thread")
    assert graph_server.calls == []


def test_half_characters_and_nul_are_taken_out(graph_server: GraphServer) -> None:
    assert send("a\x00b\ud83d").outcome is SENT
    assert graph_server.texts() == ["ab"]


def test_without_a_token_the_channel_is_at_fault(graph_server: GraphServer) -> None:
    receipt = send(account=dataclasses.replace(INSTAGRAM, secrets={}))
    assert (receipt.code, receipt.scope, receipt.permanent) == ("bad_token", CHANNEL, True)
    assert graph_server.calls == []


@pytest.mark.parametrize("token", ["töken", "line\nbreak", "\ud800"])
def test_a_token_that_no_header_can_hold_is_refused_before_the_network(
    token: str, graph_server: GraphServer
) -> None:
    receipt = send(account=dataclasses.replace(INSTAGRAM, secrets={"token": token}))
    assert (receipt.code, receipt.scope) == ("bad_token", CHANNEL)
    assert graph_server.calls == []


def test_many_threads_send_at_once_over_few_connections(graph_server: GraphServer) -> None:
    receipts: list[SendReceipt] = []
    threads = [threading.Thread(target=lambda: receipts.append(send())) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [receipt.outcome for receipt in receipts] == [SENT] * 40
    assert len({receipt.external_id for receipt in receipts}) == 40
    assert graph_server.connections <= 40


def test_typing_is_shown_without_waiting(graph_server: GraphServer) -> None:
    adapter_for("instagram").show_typing(INSTAGRAM, META_CUSTOMER)
    assert graph_server.wait_for(lambda: len(graph_server.calls) == 1)
    (made,) = graph_server.calls
    assert made.accepted
    assert made.fields == {"recipient": {"id": META_CUSTOMER}, "sender_action": "typing_on"}


@pytest.mark.parametrize("mode", ["trouble_2", "expired", "not_json", "reset_after_read"])
def test_typing_never_fails(mode: str, graph_server: GraphServer) -> None:
    graph_server.plan(mode)
    adapter_for("instagram").show_typing(INSTAGRAM, META_CUSTOMER)
    assert graph_server.wait_for(lambda: len(graph_server.calls) == 1)
    assert send().outcome is SENT


def test_the_token_stands_in_no_log_and_no_text(
    graph_server: GraphServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    seen = []
    for mode in ("not_json", "reset_after_read", "unknown_token", "ok"):
        graph_server.plan(mode)
        seen.append(repr(send()))
    printed = capfd.readouterr()
    assert INSTAGRAM_TOKEN not in caplog.text + printed.out + printed.err + "".join(seen)
    assert INSTAGRAM_TOKEN not in repr(GraphCall("GET", "https://x", INSTAGRAM_TOKEN))


def test_metas_own_words_are_told_without_what_may_be_a_secret() -> None:
    words = f"Malformed parameter EAAB{'x' * 40} in {{request}}"
    body = orjson.dumps({"error": {"message": words, "code": 100, "type": "OAuthException"}})
    detail = receipt_of(Exchange(True, 400, body), platform="Instagram").detail
    assert detail == "Instagram refused: Malformed parameter … in (request)."


SHARED_MEANINGS = {
    "100_2534014_no_user": "no_such_customer",
    "10_2534022_window": "window_closed",
    "190_expired": "bad_token",
    "2_transient": "platform_trouble",
    "551_unavailable": "unavailable",
    "613_2534040_rate": "rate_limited",
    "80002_buc_rate": "rate_limited",
    "send_ok": "",
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared answer files are not on this machine")
def test_every_shared_answer_has_its_meaning() -> None:
    meanings = {}
    for file in SHARED.glob("instagram_*.json"):
        answer = orjson.loads(file.read_bytes())
        exchange = Exchange(True, answer["http_status"], orjson.dumps(answer["body"]))
        meaning = receipt_of(exchange, platform="Instagram").code
        meanings[file.stem.removeprefix("instagram_")] = meaning
    assert meanings.pop("refresh_ok") == "gateway"  # not the answer to a send
    assert meanings == SHARED_MEANINGS
