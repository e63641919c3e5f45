"""Each way in which a send to Telegram can go, and what we hold to be true afterwards."""

import multiprocessing
import socket
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from pytest_django import Settings

from messaging.adapters.registry import adapter_for
from messaging.adapters.telegram_calls import Exchange, Line, call
from messaging.adapters.telegram_receipts import receipt_of
from messaging.testing.telegram_server import TelegramServer
from messaging.types import ChannelAccount, FailureScope, OutboundMessage, SendOutcome, SendReceipt

TOKEN = "700100200:very-secret-token"
ACCOUNT = ChannelAccount(
    id="c1",
    kind="telegram",
    external_id="700100200",
    secrets={"token": TOKEN, "webhook_secret": "hook-secret"},
)
SENT, REJECTED, UNCERTAIN = SendOutcome.SENT, SendOutcome.REJECTED, SendOutcome.UNCERTAIN
MESSAGE, CUSTOMER, CHANNEL = FailureScope.MESSAGE, FailureScope.CUSTOMER, FailureScope.CHANNEL
SHARED = Path(__file__).resolve().parents[3] / "shared" / "payloads" / "responses"


def send(text: str = "Hello", chat: str = "610022001", **fields: Any) -> SendReceipt:
    message = OutboundMessage(conversation_key=chat, text=text, local_id="m1", **fields)
    return adapter_for("telegram").send(ACCOUNT, message)


# Mode of the server -> outcome, code, permanent, scope. What is uncertain is never sent again.
MEANINGS = {
    "blocked": (REJECTED, "blocked", True, CUSTOMER),
    "deactivated": (REJECTED, "gone", True, CUSTOMER),
    "kicked": (REJECTED, "removed", True, CUSTOMER),
    "forbidden": (REJECTED, "forbidden", True, MESSAGE),
    "chat_not_found": (REJECTED, "chat_not_found", True, CUSTOMER),
    "bad_entities": (REJECTED, "bad_markup", True, MESSAGE),
    "too_long": (REJECTED, "too_long", True, MESSAGE),
    "empty": (REJECTED, "empty", True, MESSAGE),
    "unknown_connection": (REJECTED, "connection_lost", True, CUSTOMER),
    "silent_customer": (REJECTED, "window_closed", True, MESSAGE),
    "no_topic": (REJECTED, "topic_gone", True, MESSAGE),
    "bad_request": (REJECTED, "refused", True, MESSAGE),
    "bad_webhook": (REJECTED, "refused", True, MESSAGE),
    "migrated": (REJECTED, "moved", True, MESSAGE),
    "unauthorized": (REJECTED, "bad_token", True, CHANNEL),
    "not_found": (REJECTED, "bad_token", True, CHANNEL),
    "conflict": (REJECTED, "conflict", True, MESSAGE),
    "slow_down": (REJECTED, "rate_limited", False, MESSAGE),
    "server_error": (REJECTED, "platform_down", False, MESSAGE),
    "unavailable": (REJECTED, "platform_down", False, MESSAGE),
    "own_bad_gateway": (REJECTED, "platform_down", False, MESSAGE),
    "gateway_403": (REJECTED, "gateway", False, MESSAGE),
    "gateway_502": (UNCERTAIN, "gateway", False, MESSAGE),
    "gateway_503": (UNCERTAIN, "gateway", False, MESSAGE),
    "gateway_504": (UNCERTAIN, "gateway", False, MESSAGE),
    "not_json": (UNCERTAIN, "gateway", False, MESSAGE),
    "json_list": (UNCERTAIN, "gateway", False, MESSAGE),
    "odd_json": (UNCERTAIN, "gateway", False, MESSAGE),
    "reset_after_read": (UNCERTAIN, "no_answer", False, MESSAGE),
    "close_after_read": (UNCERTAIN, "no_answer", False, MESSAGE),
    "half_an_answer": (UNCERTAIN, "no_answer", False, MESSAGE),
}


@pytest.mark.parametrize("mode", MEANINGS)
def test_each_mishap_has_its_meaning_and_the_next_send_works(
    mode: str, telegram_api: TelegramServer
) -> None:
    telegram_api.plan(mode)
    receipt = send()
    assert (receipt.outcome, receipt.code, receipt.permanent, receipt.scope) == MEANINGS[mode]
    assert receipt.detail.endswith(".")
    assert "secret" not in repr(receipt)
    assert len(telegram_api.calls) == 1
    assert send("Again").outcome is SENT


def test_a_sent_message_is_plain_text_and_comes_back_with_its_id(
    telegram_api: TelegramServer,
) -> None:
    receipt = send("1 < 2 & *no* _markup_ 👋🏽")
    (call,) = telegram_api.calls
    assert receipt == SendReceipt(SENT, external_id=str(call.message_id))
    assert call.fields == {"chat_id": "610022001", "text": "1 < 2 & *no* _markup_ 👋🏽"}


def test_a_topic_is_answered_in_the_topic(telegram_api: TelegramServer) -> None:
    assert send(chat="-100555:31").outcome is SENT
    assert telegram_api.calls[0].fields["message_thread_id"] == "31"


BUSINESS = "business:bc-7:610022001"


def test_an_answer_of_a_business_chat_goes_through_its_connection(
    telegram_api: TelegramServer,
) -> None:
    telegram_api.connections_of_owners.add("bc-7")
    assert send(chat=BUSINESS).outcome is SENT
    assert telegram_api.calls[0].fields == {
        "business_connection_id": "bc-7",
        "chat_id": "610022001",
        "text": "Hello",
    }


def test_without_the_connection_the_customer_cannot_be_reached(
    telegram_api: TelegramServer,
) -> None:
    receipt = send(chat=BUSINESS)
    assert (receipt.outcome, receipt.code, receipt.permanent, receipt.scope) == (
        *(REJECTED, "connection_lost", True, CUSTOMER),
    )


def test_a_group_that_moved_is_known_by_its_old_id(telegram_api: TelegramServer) -> None:
    telegram_api.migrated["-400500"] = -1004455667788
    assert send(chat="-400500").details == {"conversation_key": "-1004455667788"}
    assert send(chat="-1004455667788").outcome is SENT


def test_markup_is_sent_as_safe_html(telegram_api: TelegramServer) -> None:
    send("**Open** <b>until</b> `6 & 7`", markup=True)
    assert telegram_api.calls[0].fields["parse_mode"] == "HTML"
    assert telegram_api.texts() == ["<b>Open</b> &lt;b&gt;until&lt;/b&gt; <code>6 &amp; 7</code>"]


def test_only_broken_markup_is_sent_again_as_plain_text(telegram_api: TelegramServer) -> None:
    telegram_api.plan("bad_entities")
    assert send(markup=True).resend_as_plain_text
    telegram_api.plan("bad_request")
    assert not send(markup=True).resend_as_plain_text


def test_a_limit_says_when_to_come_back(telegram_api: TelegramServer) -> None:
    telegram_api.plan("slow_down", retry_after=17)
    assert send().retry_after == 17


def test_a_moved_chat_names_its_new_key(telegram_api: TelegramServer) -> None:
    telegram_api.plan("migrated")
    assert send().details == {"conversation_key": "-1009"}


def test_nothing_was_sent_when_nobody_listens(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.TELEGRAM_API_BASE = f"http://127.0.0.1:{unused.getsockname()[1]}"
    receipt = send()
    assert (receipt.outcome, receipt.code, receipt.permanent) == (REJECTED, "unreachable", False)


def test_nothing_was_sent_when_the_name_is_unknown(settings: Settings) -> None:
    settings.TELEGRAM_API_BASE = "http://telegram.invalid"
    assert send().outcome is REJECTED


def test_nothing_was_sent_when_tls_fails(telegram_api: TelegramServer, settings: Settings) -> None:
    settings.TELEGRAM_API_BASE = telegram_api.url.replace("http:", "https:")
    assert send().outcome is REJECTED
    assert telegram_api.calls == []


def test_no_answer_in_time_leaves_it_open(telegram_api: TelegramServer) -> None:
    telegram_api.plan("silence")
    exchange = call(TOKEN, lambda bot: bot.send_message(1, "Hello"), seconds=0.3)
    assert receipt_of(exchange).outcome is UNCERTAIN
    assert len(telegram_api.calls) == 1


def test_proxies_of_the_environment_are_not_used(
    telegram_api: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    exchange, fresh = Exchange(), Line()
    fresh.start(TOKEN, lambda bot: bot.send_message(1, "Hello"), exchange, 5).result(10)
    assert receipt_of(exchange).outcome is SENT


@pytest.mark.parametrize("text", ["", "  ", "\x00\ud800"])
def test_a_text_without_words_is_refused_before_the_network(
    text: str, telegram_api: TelegramServer
) -> None:
    receipt = send(text)
    assert (receipt.outcome, receipt.code, receipt.permanent) == (REJECTED, "empty", True)
    assert telegram_api.calls == []


def test_half_characters_and_nul_are_taken_out(telegram_api: TelegramServer) -> None:
    assert send("a\x00b\ud83d").outcome is SENT
    assert telegram_api.texts() == ["ab"]


@pytest.mark.parametrize("chat", ["", "mia", "1:x", "business:7", "business:bc-7:", "business::7"])
def test_a_key_that_is_no_chat_is_refused(chat: str) -> None:
    assert send(chat=chat).code == "bad_chat"


def test_without_a_token_the_channel_is_at_fault() -> None:
    account = ChannelAccount(id="c1", kind="telegram", external_id="1")
    receipt = adapter_for("telegram").send(account, OutboundMessage("1", "Hello", "m1"))
    assert (receipt.code, receipt.scope, receipt.permanent) == ("bad_token", CHANNEL, True)


def test_many_threads_send_at_once_over_few_connections(telegram_api: TelegramServer) -> None:
    receipts: list[SendReceipt] = []
    threads = [threading.Thread(target=lambda: receipts.append(send())) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [receipt.outcome for receipt in receipts] == [SENT] * 60
    assert len({receipt.external_id for receipt in receipts}) == 60
    assert telegram_api.connections <= 60


def send_in_child(url: str, results: Any) -> None:
    from django.conf import settings

    settings.TELEGRAM_API_BASE = url
    results.put(send("From a child").outcome.value)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_sends_with_connections_of_its_own(telegram_api: TelegramServer) -> None:
    assert send("From the parent").outcome is SENT
    fork = multiprocessing.get_context("fork")
    results = fork.Queue()
    child = fork.Process(target=send_in_child, args=(telegram_api.url, results))
    child.start()
    assert results.get(timeout=20) == "sent"
    child.join(10)
    assert send("From the parent again").outcome is SENT
    assert telegram_api.texts()[1:] == ["From a child", "From the parent again"]


def test_typing_is_shown_without_waiting(telegram_api: TelegramServer) -> None:
    adapter_for("telegram").show_typing(ACCOUNT, "610022001")
    assert telegram_api.wait_for(lambda: len(telegram_api.calls) == 1)
    (call,) = telegram_api.calls
    assert (call.method, call.fields["action"]) == ("sendChatAction", "typing")


@pytest.mark.parametrize("mode", ["server_error", "unauthorized", "not_json", "reset_after_read"])
def test_typing_never_fails(mode: str, telegram_api: TelegramServer) -> None:
    telegram_api.plan(mode, method="sendChatAction")
    adapter_for("telegram").show_typing(ACCOUNT, "610022001")
    assert telegram_api.wait_for(lambda: len(telegram_api.calls) == 1)
    adapter_for("telegram").show_typing(ACCOUNT, "not a chat")
    assert send().outcome is SENT


@pytest.mark.parametrize(
    ("chat", "place"),
    [
        (BUSINESS, {"business_connection_id": "bc-7", "chat_id": "610022001"}),
        ("-100555:31", {"message_thread_id": "31", "chat_id": "-100555"}),
    ],
)
def test_typing_is_shown_where_the_answer_will_stand(
    chat: str, place: dict[str, str], telegram_api: TelegramServer
) -> None:
    telegram_api.connections_of_owners.add("bc-7")
    adapter_for("telegram").show_typing(ACCOUNT, chat)
    assert telegram_api.wait_for(lambda: len(telegram_api.calls) == 1)
    assert telegram_api.calls[0].fields == {**place, "action": "typing"}


def test_a_pressed_button_is_acknowledged_without_waiting(telegram_api: TelegramServer) -> None:
    adapter_for("telegram").acknowledge(ACCOUNT, "5550123")
    assert telegram_api.wait_for(lambda: len(telegram_api.calls) == 1)
    (call,) = telegram_api.calls
    assert (call.method, call.fields) == ("answerCallbackQuery", {"callback_query_id": "5550123"})


@pytest.mark.parametrize("mode", ["old_query", "unauthorized", "not_json", "reset_after_read"])
def test_a_late_acknowledgement_fails_nothing(mode: str, telegram_api: TelegramServer) -> None:
    telegram_api.plan(mode, method="answerCallbackQuery")
    adapter_for("telegram").acknowledge(ACCOUNT, "5550123")
    assert telegram_api.wait_for(lambda: len(telegram_api.calls) == 1)
    adapter_for("telegram").acknowledge(ChannelAccount("c2", "telegram", "2"), "5550123")
    assert send().outcome is SENT


def test_the_token_stands_in_no_log(
    telegram_api: TelegramServer,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(0)
    telegram_api.plan("not_json")
    telegram_api.plan("reset_after_read")
    for _ in range(3):
        send()
    printed = capfd.readouterr()
    assert "very-secret" not in caplog.text + printed.out + printed.err


HOOK = "https://desk.example/webhooks/telegram/c1/"
# What getWebhookInfo says -> whether all is well, and the sentence.
STATES: list[tuple[dict[str, Any], bool, str]] = [
    ({}, True, ""),
    ({"pending_update_count": 3}, True, ""),
    ({"last_error_message": "Connection timed out", "last_error_date": 1794000000}, True, ""),
    (
        {"pending_update_count": 1, "last_error_message": "Connection timed out"},
        *(False, "Connection timed out"),
    ),
    (
        {
            "pending_update_count": 1,
            "last_error_message": "Wrong response from the webhook: 403 Forbidden",
        },
        *(False, "Telegram delivers with another secret. Connect again."),
    ),
    (
        {"url": "https://elsewhere.example/"},
        *(False, "Telegram delivers to another address. Connect again."),
    ),
    ({"url": None, "pending_update_count": "many", "last_error_message": ["odd"]}, False, "Teleg"),
]


@pytest.mark.parametrize(("info", "ok", "sentence"), STATES)
def test_a_check_tells_what_is_wrong(
    info: dict[str, Any], ok: bool, sentence: str, telegram_api: TelegramServer
) -> None:
    adapter_for("telegram").connect(ACCOUNT, HOOK)
    telegram_api.webhook_errors["700100200"] = info
    checkup = adapter_for("telegram").check(ACCOUNT, HOOK)
    assert checkup.reached
    assert (checkup.ok, checkup.detail[: len(sentence) or None]) == (ok, sentence)
    assert checkup.facts is not None
    assert set(checkup.facts) == {
        *("url", "pending_update_count", "last_error_date", "last_error_message"),
        *("secret_off", "missing_updates"),
    }


def test_a_webhook_of_an_older_version_lacks_kinds_of_updates(
    telegram_api: TelegramServer,
) -> None:
    adapter_for("telegram").connect(ACCOUNT, HOOK)
    complete = adapter_for("telegram").check(ACCOUNT, HOOK).facts
    assert complete is not None
    assert complete["missing_updates"] == []
    telegram_api.webhook_errors["700100200"] = {"allowed_updates": ["message"]}
    facts = adapter_for("telegram").check(ACCOUNT, HOOK).facts
    assert facts is not None
    assert {"callback_query", "message_reaction", "business_message"} <= {*facts["missing_updates"]}


SHARED_MEANINGS = {
    "400_chat_not_found": "chat_not_found",
    "400_empty": "empty",
    "400_file_too_big": "refused",
    "400_migrated": "moved",
    "400_parse_entities": "bad_markup",
    "400_too_long": "too_long",
    "401": "bad_token",
    "403_blocked": "blocked",
    "403_deactivated": "gone",
    "404": "bad_token",
    "409": "conflict",
    "429": "rate_limited",
    "sendMessage_ok": "",
}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared answer files are not on this machine")
def test_every_shared_answer_has_its_meaning() -> None:
    meanings = {}
    for file in SHARED.glob("telegram_*.json"):
        answer = orjson.loads(file.read_bytes())
        exchange = Exchange(True, answer["http_status"], orjson.dumps(answer["body"]))
        meanings[file.stem.removeprefix("telegram_")] = receipt_of(exchange).code
    assert meanings == SHARED_MEANINGS
