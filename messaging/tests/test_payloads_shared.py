"""Every payload file beside the repository, delivered over HTTP: whether an answer is due."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db.models import F
from django.test import Client
from pytest_django import Settings

from accounts.models import Business
from messaging.models import Channel, Conversation, InboundEvent, Message
from messaging.tests.meta_posts import deliver, make_channel

SHARED = Path(__file__).resolve().parents[3] / "shared" / "payloads"
INDEX: dict[str, Any] = (
    orjson.loads((SHARED / "index.json").read_bytes()) if SHARED.is_dir() else {"files": {}}
)
INSTAGRAM_ACCOUNT = "17841405000000001"
TELEGRAM_BOT, CONNECTION = "7000000001", "telegram_business_connection.json"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not INDEX["files"], reason="the shared files are not on this machine"),
]


def files_of(platform: str) -> list[str]:
    return [name for name, about in INDEX["files"].items() if about["channel"] == platform]


@pytest.fixture
def instagram(business: Business, settings: Settings) -> Channel:
    settings.INSTAGRAM_APP_SECRETS = [INDEX["instagram_app_secret_for_signatures"]]
    return make_channel(business, account=INSTAGRAM_ACCOUNT)


@pytest.fixture
def telegram(business: Business) -> Channel:
    channel = Channel(business=business, kind="telegram", external_id=TELEGRAM_BOT)
    channel.settings = {"username": "acme_help_bot", "groups": True}
    channel.secrets = {"token": f"{TELEGRAM_BOT}:x", "webhook_secret": "hook-secret"}
    channel.save()
    return channel


def post_update(channel: Channel, name: str) -> Any:
    return Client().post(
        f"/webhooks/telegram/{channel.pk}/",
        (SHARED / name).read_bytes(),
        content_type="application/json",
        headers={INDEX["telegram_secret_header"]: "hook-secret"},
    )


def is_an_answer_due() -> bool:
    return Conversation.objects.filter(answered_seq__lt=F("last_customer_seq")).exists()


@pytest.mark.parametrize("name", files_of("instagram"))
def test_an_instagram_file_is_answered_or_not_as_its_index_says(
    name: str, instagram: Channel
) -> None:
    about, raw = INDEX["files"][name], (SHARED / name).read_bytes()
    answer = deliver(raw, header=about["x_hub_signature_256"])
    assert (answer.status_code, is_an_answer_due()) == (200, about["reply"])
    assert not InboundEvent.objects.filter(fate="quarantined").exists()
    assert answer.json()["status"] in {"stored", "ignored", "waiting"}
    assert deliver(raw + b"\n", header=about["x_hub_signature_256"]).status_code == 403
    assert deliver(raw, header=about["x_hub_signature_256"]).status_code == 200
    assert Message.objects.filter(type="customer").count() <= 1


@pytest.mark.parametrize("name", files_of("telegram"))
def test_a_telegram_file_is_answered_or_not_as_its_index_says(name: str, telegram: Channel) -> None:
    if "business_message" in name:
        post_update(telegram, CONNECTION)
    answer = post_update(telegram, name)
    assert (answer.status_code, is_an_answer_due()) == (200, INDEX["files"][name]["reply"])
    assert not InboundEvent.objects.filter(fate="quarantined").exists()
    assert post_update(telegram, name).json()["status"] == "duplicate"
    assert Message.objects.filter(type="customer").count() <= 1


def test_the_files_in_one_post_come_to_the_same(instagram: Channel) -> None:
    entries = [
        entry
        for name in files_of("instagram")
        for entry in orjson.loads((SHARED / name).read_bytes())["entry"]
    ]
    answer = deliver(
        {"object": "instagram", "entry": entries},
        secret=INDEX["instagram_app_secret_for_signatures"],
    )
    assert answer.json()["status"] == "stored"
    shown = {"message", "postback"}
    events = [INDEX["files"][name]["event"] for name in files_of("instagram")]
    assert Message.objects.filter(type="customer").count() == sum(e in shown for e in events)
    (text,) = Message.objects.filter(external_id=_mid_of("instagram_deleted.json"))
    assert text.redacted_at is not None
    assert text.text == ""


def _mid_of(name: str) -> str:
    entry = orjson.loads((SHARED / name).read_bytes())["entry"][0]
    return str(entry["messaging"][0]["message"]["mid"])
