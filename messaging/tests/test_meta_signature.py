"""Who may deliver in Meta's name: the handshake, and the signature over the raw bytes."""

from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Business
from messaging.models import Channel, InboundEvent, Message
from messaging.testing.meta_events import (
    ACCOUNT,
    CUSTOMER,
    envelope,
    escaped,
    message,
    signature,
)
from messaging.tests.meta_posts import (
    HEADER,
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


# The handshake


def handshake(kind: str = "instagram", **asked: str) -> Any:
    wanted = {"mode": "subscribe", "verify_token": "verify-me", "challenge": "1158201444"} | asked
    query = {f"hub.{name}": value for name, value in wanted.items()}
    return Client().get(f"/webhooks/{kind}/", query)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("challenge", ["1158201444", "abc-DEF_1", "<script>alert(1)</script>"])
def test_the_challenge_comes_back_as_plain_text(kind: str, challenge: str) -> None:
    answer = handshake(kind, challenge=challenge)
    assert (answer.status_code, answer.content.decode()) == (200, challenge)
    assert answer["Content-Type"] == "text/plain"
    assert answer["X-Content-Type-Options"] == "nosniff"


WRONG_HANDSHAKES = [
    {"verify_token": "verify-m"},
    {"verify_token": ""},
    {"verify_token": "vérify-me"},
    {"verify_token": "VERIFY-ME"},
    {"mode": "unsubscribe"},
    {"mode": ""},
    {"challenge": ""},
    {"challenge": "1\x002"},
    {"challenge": "9" * 5000},
]


@pytest.mark.parametrize("asked", WRONG_HANDSHAKES)
def test_any_other_handshake_is_refused(asked: dict[str, str]) -> None:
    assert handshake(**asked).status_code == 403


def test_without_a_verify_token_of_ours_nobody_shakes_hands(settings: Settings) -> None:
    settings.INSTAGRAM_VERIFY_TOKEN = ""
    assert handshake(verify_token="").status_code == 403
    assert Client().get("/webhooks/instagram/").status_code == 403


@pytest.mark.parametrize("method", ["put", "patch", "delete", "head"])
def test_other_methods_are_not_answered(method: str) -> None:
    assert getattr(Client(), method)("/webhooks/instagram/").status_code == 405


# The signature


def test_a_signed_message_is_stored_and_answered_with_200(channel: Channel) -> None:
    answer = deliver(words())
    assert (answer.status_code, answer.json()) == (200, {"status": "stored", "reason": ""})
    stored = Message.objects.get()
    assert (stored.text, stored.type, stored.external_id) == (
        "Is the blue kettle back?",
        "customer",
        "m_1",
    )
    assert stored.conversation.external_id == CUSTOMER
    assert stored.conversation.channel_id == channel.pk


def test_messenger_has_its_own_address_and_channels(business: Business) -> None:
    page = make_channel(business, kind="messenger")
    make_channel(business, kind="instagram")
    body = envelope([message("m_1", "Hello")], "messenger")
    assert deliver(body, kind="messenger").json()["status"] == "stored"
    assert Message.objects.get().conversation.channel_id == page.pk
    assert deliver(body, kind="instagram").json()["status"] == "quarantined"
    assert Message.objects.count() == 1


def test_the_bytes_as_they_came_are_what_is_signed(channel: Channel) -> None:
    body = escaped(words("Kahve var mı? 🫖 https://example.net/"))
    assert b"\\ud83e\\uded6" in body and b"\\/" in body
    assert deliver(body).json()["status"] == "stored"
    assert Message.objects.get().text == "Kahve var mı? 🫖 https://example.net/"
    again = orjson.dumps(orjson.loads(body))
    assert deliver(again, header=signature(body, SECRET)).status_code == 403


def test_each_of_the_accepted_secrets_may_have_signed(channel: Channel) -> None:
    assert deliver(words(mid="m_1"), secret="second-app-secret").json()["status"] == "stored"
    assert deliver(words(mid="m_2"), secret=SECRET).json()["status"] == "stored"


RIGHT = signature(orjson.dumps(words()), SECRET)
WRONG_SIGNATURES = [
    "",
    "sha256=",
    "sha256=" + "0" * 64,
    RIGHT[:-1],
    RIGHT + "0",
    RIGHT.removeprefix("sha256="),
    RIGHT.replace("sha256", "sha1"),
    RIGHT + "," + RIGHT,
    RIGHT.replace(RIGHT[10], "é"),
    "sha256=" + "é" * 64,
    "x" * 20_000,
    signature(orjson.dumps(words()), ""),
    signature(orjson.dumps(words()), "another-secret"),
    signature(orjson.dumps(words()) + b" ", SECRET),
]


@pytest.mark.parametrize("header", WRONG_SIGNATURES)
def test_a_wrong_signature_is_refused_before_parsing(header: str, channel: Channel) -> None:
    answer = deliver(words(), header=header)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_signature")
    assert deliver(b"\x00 not JSON", header=header).status_code == 403
    assert not InboundEvent.objects.exists()


def test_without_any_secret_nothing_is_taken(channel: Channel, settings: Settings) -> None:
    settings.INSTAGRAM_APP_SECRETS = []
    assert deliver(words(), secret=SECRET).status_code == 403
    assert deliver(words(), secret="").status_code == 403
    settings.INSTAGRAM_APP_SECRETS = [""]
    assert deliver(words(), secret="").status_code == 403
    assert not InboundEvent.objects.exists()


def test_a_channels_own_app_speaks_for_that_channel_only(
    business: Business, other_channel: Channel
) -> None:
    own = make_channel(business, app_secret="own-app-secret")
    both = {
        "object": "instagram",
        "entry": [
            {"id": OTHER_ACCOUNT, "messaging": [message("m_1", "forged", account=OTHER_ACCOUNT)]},
            {"id": ACCOUNT, "messaging": [message("m_2", "our own")]},
        ],
    }
    assert deliver(both, secret="own-app-secret").json()["status"] == "stored"
    assert [m.text for m in Message.objects.all()] == ["our own"]
    assert set(InboundEvent.objects.values_list("channel_id", flat=True)) == {own.pk}
    assert deliver(both, secret=SECRET).json()["status"] == "stored"
    assert Message.objects.count() == 2


def test_a_channels_own_secret_is_not_another_kinds(business: Business) -> None:
    make_channel(business, app_secret="own-app-secret", kind="messenger")
    assert deliver(words(), secret="own-app-secret").status_code == 403


def test_csrf_and_sessions_play_no_part(channel: Channel) -> None:
    raw = orjson.dumps(words())
    answer = Client(enforce_csrf_checks=True).post(
        "/webhooks/instagram/",
        raw,
        content_type="application/json",
        headers={HEADER: signature(raw, SECRET)},
    )
    assert answer.status_code == 200
    assert not answer.cookies


def test_the_handshake_needs_no_database(database_away: None) -> None:
    assert handshake().status_code == 200
