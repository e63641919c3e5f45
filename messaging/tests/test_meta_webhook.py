"""The edge that Meta delivers to: what it answers, and what it leaves in the database."""

import gzip
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import Business
from messaging.models import Channel, Conversation, InboundEvent, Message
from messaging.signals import message_created
from messaging.testing.meta_events import (
    ACCOUNT,
    AT,
    BODIES,
    EVENTS,
    envelope,
    event,
    message,
)
from messaging.tests.meta_posts import (
    OTHER_ACCOUNT,
    SECRET,
    deliver,
    make_channel,
    words,
)

pytestmark = pytest.mark.django_db
KINDS = ("instagram", "messenger")


@pytest.fixture(autouse=True)
def app(settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = [SECRET, "second-app-secret"]
    settings.INSTAGRAM_VERIFY_TOKEN = "verify-me"


@pytest.fixture
def channel(business: Business) -> Channel:
    return make_channel(business)


@pytest.fixture
def other_channel(other_business: Business) -> Channel:
    """Another business's account, served by the same POSTs."""
    return make_channel(other_business, account=OTHER_ACCOUNT)


# What is delivered


def test_the_same_delivery_again_changes_nothing(channel: Channel) -> None:
    statuses = [deliver(words()).json()["status"] for _ in range(3)]
    assert statuses == ["stored", "duplicate", "duplicate"]
    assert Message.objects.count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_gets_a_200_and_a_row(kind: str, business: Business) -> None:
    make_channel(business, kind=kind)
    for name, item in EVENTS[kind].items():
        answer = deliver(envelope([item], kind), kind=kind)
        assert answer.status_code == 200, name
        assert answer.json()["status"] == "stored" or answer.json()["reason"], name
    assert InboundEvent.objects.count() == len(EVENTS[kind])
    rows = InboundEvent.objects.filter(fate="quarantined")
    assert [row.reason for row in rows] == []


def test_all_events_in_one_post_come_to_the_same_as_one_by_one(channel: Channel) -> None:
    gone = {"deleted", "echo_unsent"}  # what is taken back keeps no raw event
    items = [item for name, item in EVENTS["instagram"].items() if name not in gone]
    assert deliver(envelope(items)).status_code == 200
    assert InboundEvent.objects.count() == len(items)
    raws = [orjson.loads(bytes(row.raw)) for row in InboundEvent.objects.all()]
    assert sorted(map(str, raws)) == sorted(map(str, items))


@pytest.mark.parametrize("name", BODIES)
def test_other_shapes_of_bodies_get_a_200(name: str, channel: Channel) -> None:
    answer = deliver(BODIES[name])
    assert answer.status_code == 200
    assert answer.json()["status"] in {"stored", "ignored", "quarantined"}


def test_the_dashboards_test_is_acknowledged_and_leaves_nothing(channel: Channel) -> None:
    for _ in range(2):
        answer = deliver(BODIES["dashboard_test"])
        assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert not InboundEvent.objects.exists()
    constant = BODIES["dashboard_test"]["entry"][0]["changes"][0]["value"]["message"]["mid"]
    assert deliver(words(mid=constant)).json()["status"] == "stored"


def test_the_dashboards_test_for_a_real_account_does_not_hide_a_message(channel: Channel) -> None:
    body = orjson.loads(orjson.dumps(BODIES["dashboard_test"]))
    body["entry"][0]["id"] = body["entry"][0]["changes"][0]["value"]["recipient"]["id"] = ACCOUNT
    assert deliver(body).json()["status"] == "ignored"
    assert not Message.objects.exists()
    assert deliver(words(mid="constant_mid")).json()["status"] == "stored"


def test_one_post_serves_many_accounts(business: Business) -> None:
    accounts = [f"1784009900000{n:04}" for n in range(20)]
    for account in accounts:
        make_channel(business, account=account)
    body = {
        "object": "instagram",
        "entry": [
            {
                "id": account,
                "messaging": [
                    message(f"m_{account}_{n}", f"{account} {n}", AT + n, account=account)
                    for n in range(3)
                ],
            }
            for account in [*accounts, "17840000000000000"]
        ],
    }
    assert deliver(body).json() == {"status": "stored", "reason": ""}
    found = Message.objects.order_by("conversation__channel__external_id", "seq")
    rows = found.values_list("conversation__channel__external_id", "text")
    assert list(rows) == [(a, f"{a} {n}") for a in accounts for n in range(3)]
    assert Conversation.objects.count() == 20
    assert deliver(body).json()["status"] == "duplicate"
    assert Message.objects.count() == 60


def a_thousand_events(accounts: Sequence[str]) -> dict[str, Any]:
    """Fifty messages for each account, of ten customers, in an order of no meaning."""
    entries = []
    for account in accounts:
        items = [
            message(
                f"m_{account}_{n}", f"line {n}", AT + n, customer=f"77{n % 10}", account=account
            )
            for n in reversed(range(50))
        ]
        entries.append({"id": account, "time": AT, "messaging": items})
    return {"object": "instagram", "entry": entries}


def test_a_thousand_events_of_twenty_accounts_take_few_queries_each(
    business: Business, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    accounts = [f"1784009900000{n:04}" for n in range(20)]
    for account in accounts:
        make_channel(business, account=account)
    body = a_thousand_events(accounts)
    with django_assert_max_num_queries(260):
        assert deliver(body).json()["status"] == "stored"
    assert Message.objects.count() == InboundEvent.objects.count() == 1000
    assert Conversation.objects.count() == 200
    for conversation in Conversation.objects.all():
        seqs = conversation.messages.order_by("seq").values_list("text", flat=True)
        assert list(seqs) == sorted(seqs, key=lambda text: int(text.split()[1]))
    with django_assert_max_num_queries(100):
        assert deliver(body).json()["status"] == "duplicate"
    assert Message.objects.count() == 1000


def test_messages_stand_in_the_order_of_their_time_not_of_the_post(channel: Channel) -> None:
    items = [message(f"m_{n}", f"line {n}", AT + n) for n in (3, 1, 2)]
    deliver(envelope(items))
    texts = Message.objects.order_by("seq").values_list("text", flat=True)
    assert list(texts) == ["line 1", "line 2", "line 3"]


def test_an_account_that_is_not_ours_is_acknowledged_with_a_reason(channel: Channel) -> None:
    answer = deliver(words(account="17840000000000000"))
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert answer.json()["reason"] == "no account of this server is named in it"
    assert not InboundEvent.objects.exists()


def test_one_businesss_message_never_lands_with_another(
    channel: Channel, other_channel: Channel
) -> None:
    deliver(words(account=OTHER_ACCOUNT))
    assert Message.objects.get().business_id == other_channel.business_id
    assert InboundEvent.objects.get().channel_id == other_channel.pk


def test_a_mid_that_two_accounts_share_is_two_messages(
    channel: Channel, other_channel: Channel
) -> None:
    deliver(words())
    deliver(words(account=OTHER_ACCOUNT))
    assert Counter(Message.objects.values_list("business_id", flat=True)) == {
        channel.business_id: 1,
        other_channel.business_id: 1,
    }


def test_an_inactive_channel_still_stores(channel: Channel) -> None:
    Channel.objects.update(is_active=False)
    assert deliver(words()).json()["status"] == "stored"


# What can't be read


def test_an_unreadable_event_is_put_aside_and_holds_up_no_other(
    channel: Channel, other_channel: Channel
) -> None:
    broken = event(message={"text": "no id"})
    body = envelope([broken, message("m_1", "words")])
    body["entry"].append(
        {"id": OTHER_ACCOUNT, "messaging": [message("m_2", "more", account=OTHER_ACCOUNT)]}
    )
    assert deliver(body).json()["status"] == "stored"
    assert sorted(m.text for m in Message.objects.all()) == ["more", "words"]
    aside = InboundEvent.objects.get(fate="quarantined")
    assert (aside.channel_id, orjson.loads(bytes(aside.raw))) == (channel.pk, broken)
    assert "mid is not the id of a message" in aside.reason


HOSTILE = {
    "empty": b"",
    "not JSON": b"hello",
    "a list": b"[]",
    "null": b"null",
    "bad UTF-8": b'{"object":"instagram","x":"\xff"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "lone surrogate": b'{"object":"\\ud800"}',
    "NaN": b'{"object":NaN}',
    "2 to the 63": b'{"object":"instagram","entry":[9223372036854775808]}',
    "depth of 100,000": b'{"x":' * 100_000 + b"1" + b"}" * 100_000,
    "gzip": gzip.compress(b"{}", mtime=0),
    "another object": b'{"object":"permissions","entry":[]}',
    "NUL in a name": b'{"\\u0000":1}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_body_that_is_unreadable_is_put_aside_with_the_only_account(
    name: str, channel: Channel
) -> None:
    answer = deliver(HOSTILE[name])
    assert (answer.status_code, answer.json()["status"]) == (200, "quarantined")
    row = InboundEvent.objects.get()
    assert (row.fate, row.channel_id, bytes(row.raw)) == ("quarantined", channel.pk, HOSTILE[name])
    assert row.reason == answer.json()["reason"][:200] != ""
    assert deliver(HOSTILE[name]).status_code == 200
    assert InboundEvent.objects.count() == 1
    assert deliver(words()).json()["status"] == "stored"


def test_of_several_accounts_the_named_one_keeps_what_is_unreadable(
    channel: Channel, other_channel: Channel
) -> None:
    torn = orjson.dumps(words(account=OTHER_ACCOUNT))[:-3]
    assert deliver(torn).json()["status"] == "quarantined"
    assert InboundEvent.objects.get().channel_id == other_channel.pk


def test_what_names_no_account_is_kept_with_none_of_several(
    channel: Channel, other_channel: Channel
) -> None:
    answer = deliver(b"hello")
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert "no account of this server is named in it" in answer.json()["reason"]
    assert not InboundEvent.objects.exists()


def test_an_unreadable_body_of_an_own_app_stays_with_its_channel(
    business: Business, other_channel: Channel
) -> None:
    own = make_channel(business, app_secret="own-app-secret")
    torn = orjson.dumps(words(account=OTHER_ACCOUNT) | {"x": {"id": ACCOUNT}})[:-1]
    assert deliver(torn, secret="own-app-secret").json()["status"] == "quarantined"
    assert InboundEvent.objects.get().channel_id == own.pk


def test_a_fault_of_ours_puts_aside_its_event_alone(
    channel: Channel, other_channel: Channel
) -> None:
    def fail(message: Message, **about: Any) -> None:
        if message.text == "poison":
            raise RuntimeError("a receiver that fails")

    texts = ["one", "two", "poison", "four", "five"]
    body = envelope([message(f"m_{n}", text, AT + n) for n, text in enumerate(texts)])
    there = message("m_9", "there", account=OTHER_ACCOUNT)
    body["entry"].append({"id": OTHER_ACCOUNT, "messaging": [there]})
    message_created.connect(fail)
    try:
        answer = deliver(body)
    finally:
        message_created.disconnect(fail)
    assert (answer.status_code, answer.json()["status"]) == (200, "stored")
    found = Message.objects.order_by("conversation__channel__external_id", "seq")
    assert list(found.values_list("text", flat=True)) == ["one", "two", "four", "five", "there"]
    aside = InboundEvent.objects.get(fate="quarantined")
    assert orjson.loads(bytes(aside.raw))["message"]["text"] == "poison"


def test_an_endless_text_is_stored_cut_and_control_characters_are_out(channel: Channel) -> None:
    assert deliver(words("ket\x00tle " + "x" * 900_000)).json()["status"] == "stored"
    text = Message.objects.get().text
    assert text.startswith("kettle x") and 1000 < len(text) < 100_000


# What is too much, and what may work later


def test_a_thousand_long_messages_fit_and_ten_megabytes_do_not(channel: Channel) -> None:
    long = {"object": "instagram", "entry": [], "x": "x" * 7_000_000}
    assert deliver(long).status_code == 200
    answer = deliver(long | {"y": "y" * 3_000_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert deliver(long | {"y": "y" * 3_000_000}, header="").status_code == 403


@pytest.mark.parametrize("kind", KINDS)
def test_a_database_that_is_away_means_come_back_later(
    kind: str, channel: Channel, database_away: None
) -> None:
    answer = deliver(envelope([message("m_1", "words")], kind), kind=kind)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert 0 < int(answer["Retry-After"]) < 60


@pytest.mark.django_db(transaction=True)
def test_copies_at_the_same_moment_become_one_row(channel: Channel) -> None:
    start, answers = threading.Barrier(8), []

    def post() -> None:
        start.wait()
        try:
            answer = deliver(words())
            answers.append((answer.status_code, answer.json()["status"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(200, "duplicate")] * 7 + [(200, "stored")]
    assert (Message.objects.count(), Conversation.objects.count()) == (1, 1)
