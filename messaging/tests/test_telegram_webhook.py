"""The edge that Telegram delivers to: what it answers, and what it leaves in the database."""

import gzip
import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client

from messaging.models import Channel, Conversation, InboundEvent, Message
from messaging.tests.payload_files import payload, payload_names, raw_payload

HEADER = "X-Telegram-Bot-Api-Secret-Token"
Post = Callable[..., Any]


@pytest.fixture
def post(client: Client, telegram_channel: Channel) -> Post:
    """`post(body)`: deliver as Telegram does; `secret` and `channel_id` can be others."""

    def deliver(
        body: bytes, *, secret: str | None = "hook-secret", channel_id: str = telegram_channel.pk
    ) -> Any:
        headers = {} if secret is None else {HEADER: secret}
        return client.post(
            f"/webhooks/telegram/{channel_id}/",
            body,
            content_type="application/json",
            headers=headers,
        )

    return deliver


def update(number: int, text: str = "Hello", chat: int = 610022001) -> bytes:
    body = payload("text")
    body["update_id"] = number
    body["message"] |= {"message_id": number, "text": text}
    body["message"]["from"]["id"] = body["message"]["chat"]["id"] = chat
    return orjson.dumps(body)


def test_a_message_is_stored_and_answered_with_200(post: Post, telegram_channel: Channel) -> None:
    answer = post(raw_payload("text"))
    assert (answer.status_code, answer.json()) == (200, {"status": "stored", "reason": ""})
    message = Message.objects.get()
    assert (message.text, message.type) == ("Do you repair brakes?", "customer")
    assert message.conversation.channel_id == telegram_channel.pk
    assert bytes(InboundEvent.objects.get().raw) == raw_payload("text")


def test_the_same_update_again_changes_nothing(post: Post) -> None:
    assert [post(update(1)).json()["status"] for _ in range(3)] == [
        "stored",
        "duplicate",
        "duplicate",
    ]
    assert Message.objects.count() == 1


@pytest.mark.parametrize("name", payload_names())
def test_every_kind_of_update_gets_a_200_and_a_row(name: str, post: Post) -> None:
    answer = post(raw_payload(name))
    assert answer.status_code == 200
    assert answer.json()["status"] in {"stored", "waiting", "ignored"}
    assert InboundEvent.objects.exists()
    assert not InboundEvent.objects.filter(fate="quarantined").exists()


def test_an_edit_changes_the_words_and_asks_nothing_new(post: Post) -> None:
    first, edit = payload("text"), payload("edited")
    edit["edited_message"]["message_id"] = first["message"]["message_id"]
    post(orjson.dumps(first))
    assert post(orjson.dumps(edit)).json()["status"] == "stored"
    assert Message.objects.get().text == "Do you repair disc brakes?"


@pytest.mark.parametrize(
    "secret",
    [
        None,
        "",
        "wrong",
        "hook-secre",
        "hook-secret ish",
        "HOOK-SECRET",
        "é",
        "hook-secret\u00e9",
        "hook-secret,hook-secret",
        "x" * 10_000,
    ],
)
def test_a_wrong_secret_is_refused_before_parsing(secret: str | None, post: Post) -> None:
    answer = post(b"\x00 not even JSON", secret=secret)
    assert answer.status_code == 403
    assert answer.json()["code"] == "wrong_secret"
    assert not InboundEvent.objects.exists()


def test_a_channel_without_a_secret_takes_nothing(post: Post, telegram_channel: Channel) -> None:
    telegram_channel.secrets = {"token": "1:x"}
    telegram_channel.save()
    assert post(update(1), secret="").status_code == 403
    assert post(update(1), secret=None).status_code == 403


@pytest.mark.parametrize("channel_id", ["nosuchchannel", "x" * 500, "%00", "a%2Fb"])
def test_an_unknown_channel_is_not_found(channel_id: str, post: Post) -> None:
    assert post(update(1), channel_id=channel_id).status_code == 404


def test_a_channel_of_another_kind_is_not_found(post: Post, webchat_channel: Channel) -> None:
    assert post(update(1), channel_id=webchat_channel.pk).status_code == 404


def test_the_secret_of_another_bot_does_not_open_this_one(post: Post, other_business: Any) -> None:
    other = Channel(business=other_business, kind="telegram", external_id="2")
    other.secrets = {"webhook_secret": "other-secret"}
    other.save()
    assert post(update(1), secret="other-secret").status_code == 403
    assert post(update(1), channel_id=other.pk).status_code == 403
    assert not InboundEvent.objects.exists()


def test_a_body_over_one_megabyte_is_refused_and_only_to_who_knows_the_secret(post: Post) -> None:
    large = b'{"update_id": 1, "x": "' + b"x" * 2_600_000 + b'"}'
    assert post(large).status_code == 413
    assert post(large, secret="wrong").status_code == 403
    assert not InboundEvent.objects.exists()


HOSTILE = {
    "empty": b"",
    "not JSON": b"hello",
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "bad UTF-8": b'{"update_id":1,"x":"\xff"}',
    "UTF-16": '{"update_id":1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"update_id":1}',
    "lone surrogate": b'{"update_id":1,"message":{"text":"\\ud800"}}',
    "NaN": b'{"update_id":NaN}',
    "infinite": b'{"update_id":1e400}',
    "2 to the 63": b'{"update_id":9223372036854775808}',
    "5,000 digits": b'{"update_id":' + b"9" * 5000 + b"}",
    "depth of 100,000": b'{"x":' * 100_000 + b"1" + b"}" * 100_000,
    "gzip": gzip.compress(b'{"update_id":1}'),
    "no id": b"{}",
    "message is a list": b'{"update_id":1,"message":[1]}',
    "NUL in a name": b'{"update_id":1,"\\u0000":1,"message":null}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_authentic_but_unreadable_is_put_aside(name: str, post: Post) -> None:
    answer = post(HOSTILE[name])
    assert (answer.status_code, answer.json()["status"]) == (200, "quarantined")
    event = InboundEvent.objects.get()
    assert (event.fate, bytes(event.raw)) == ("quarantined", HOSTILE[name])
    assert event.reason == answer.json()["reason"][:200] != ""
    assert post(HOSTILE[name]).status_code == 200
    assert InboundEvent.objects.count() == 1
    assert post(update(77)).json()["status"] == "stored"


def test_a_nul_in_a_customers_words_is_taken_out(post: Post) -> None:
    assert post(update(1, "brakes\x00 and\u0007 wheels")).json()["status"] == "stored"
    assert Message.objects.get().text == "brakes and wheels"


def test_an_endless_text_is_stored_cut(post: Post) -> None:
    assert post(update(1, "long " * 100_000)).json()["status"] == "stored"
    assert 1000 < len(Message.objects.get().text) < 100_000


def test_of_duplicate_keys_the_last_one_counts(post: Post) -> None:
    body = update(1).replace(b'{"update_id":1', b'{"update_id":0,"update_id":1', 1)
    assert post(body).json()["status"] == "stored"
    assert InboundEvent.objects.get().dedupe_key == "update:1"


def test_an_inactive_channel_still_stores(post: Post, telegram_channel: Channel) -> None:
    Channel.objects.update(is_active=False)
    assert post(update(1)).json()["status"] == "stored"


def test_only_post_is_answered(client: Client, telegram_channel: Channel) -> None:
    assert client.get(f"/webhooks/telegram/{telegram_channel.pk}/").status_code == 405


def test_csrf_and_sessions_play_no_part(telegram_channel: Channel) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(
        f"/webhooks/telegram/{telegram_channel.pk}/",
        update(1),
        content_type="application/json",
        headers={HEADER: "hook-secret"},
    )
    assert answer.status_code == 200
    assert not answer.cookies


def test_a_second_update_takes_few_queries(
    post: Post, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    post(update(1))
    with django_assert_max_num_queries(16):
        post(update(2))


def test_a_database_that_is_away_means_come_back_later(post: Post, database_away: None) -> None:
    answer = post(update(1))
    assert answer.status_code == 503
    assert 0 < int(answer["Retry-After"]) < 60
    assert answer.json()["code"] == "unavailable"


@pytest.mark.django_db(transaction=True)
def test_copies_at_the_same_moment_become_one_row(telegram_channel: Channel) -> None:
    path, start, statuses = f"/webhooks/telegram/{telegram_channel.pk}/", threading.Barrier(8), []

    def deliver() -> None:
        start.wait()
        try:
            answer = Client().post(
                path,
                update(1),
                content_type="application/json",
                headers={HEADER: "hook-secret"},
            )
            statuses.append((answer.status_code, answer.json()["status"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [(200, "duplicate")] * 7 + [(200, "stored")]
    assert (Message.objects.count(), Conversation.objects.count()) == (1, 1)
