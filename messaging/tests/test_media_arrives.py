"""A customer's file, from the platform's POST to a person's browser."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.lib.sweeping import drain
from messaging.models import Channel, MediaFile, Message
from messaging.testing.files import png, wav
from messaging.testing.fixtures import APP_SECRET, INSTAGRAM_ID, META_CUSTOMER
from messaging.testing.graph_server import File, GraphServer
from messaging.testing.meta_events import envelope, message, signature
from messaging.testing.telegram_server import TelegramServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def desk(agent: User, owner: User) -> Client:
    client = Client()
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def telegram_says(channel: Channel, **content: Any) -> None:
    person = {"id": 61, "is_bot": False, "first_name": "Ida"}
    chat = {"id": 61, "type": "private", "first_name": "Ida"}
    number = Message.objects.count() + 1
    told = {"message_id": number, "date": 1795000000, "from": person, "chat": chat, **content}
    answer = Client().post(
        f"/webhooks/telegram/{channel.pk}/",
        orjson.dumps({"update_id": number, "message": told}),
        content_type="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": "hook-secret"},
    )
    assert answer.json()["status"] == "stored"


def instagram_says(**body: Any) -> None:
    """Deliver one message m1 with this body."""
    told = message("m1", customer=META_CUSTOMER, account=INSTAGRAM_ID, **body)
    raw = orjson.dumps(envelope([told], account=INSTAGRAM_ID))
    headers = {"X-Hub-Signature-256": signature(raw, APP_SECRET)}
    place = "/webhooks/instagram/"
    answer = Client().post(place, raw, content_type="application/json", headers=headers)
    assert answer.status_code == 200


def everything_due() -> None:
    while drain():
        pass


def shown() -> list[tuple[str, str]]:
    newest = Message.objects.filter(type="customer").latest("seq")
    return [(file["state"], file["mime"]) for file in newest.attachments]


def test_a_photo_on_telegram_is_shown_in_the_inbox(
    desk: Client, telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    telegram_api.files["big"] = png(640, 480)
    sizes = [{"file_id": "small", "width": 90, "height": 67}]
    sizes.append({"file_id": "big", "width": 640, "height": 480})
    telegram_says(telegram_channel, photo=sizes)
    assert shown() == [("waiting", "")]
    everything_due()

    assert shown() == [("stored", "image/png")]
    media = MediaFile.objects.get()
    page = desk.get(f"/inbox/{media.message.conversation_id}/").content.decode()
    assert f'src="/inbox/media/{media.pk}/"' in page and 'width="320" height="240"' in page
    answer: Any = desk.get(f"/inbox/media/{media.pk}/")
    assert b"".join(answer) == png(640, 480)


def test_what_telegram_does_not_give_is_said_in_the_thread(
    desk: Client, telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    telegram_says(telegram_channel, document={"file_id": "gone", "file_name": "plan.pdf"})
    everything_due()
    media = MediaFile.objects.get()
    assert (media.state, bool(media.reason)) == ("refused", True)
    page = desk.get(f"/inbox/{media.message.conversation_id}/").content.decode()
    assert "plan.pdf" in page and media.reason in page


def test_several_pictures_of_one_instagram_message_are_all_fetched(
    desk: Client, instagram_channel: Channel, graph_server: GraphServer
) -> None:
    graph_server.files["1"] = File(png(), "image/png")
    graph_server.files["2"] = File(wav(), "image/png")
    graph_server.files["3"] = File(b"<script>", "image/png")
    pictures = [("image", {"url": graph_server.media_url(name)}) for name in ("1", "2", "3")]
    instagram_says(attachments=pictures)
    everything_due()
    assert shown() == [
        ("stored", "image/png"),
        ("stored", "audio/wav"),
        ("stored", "application/octet-stream"),
    ]


def test_a_customer_takes_a_picture_back_and_it_is_gone(
    desk: Client, instagram_channel: Channel, graph_server: GraphServer, folder: Path
) -> None:
    graph_server.files["1"] = File(png(), "image/png")
    instagram_says(attachments=[("image", {"url": graph_server.media_url("1")})])
    everything_due()
    media = MediaFile.objects.get()
    kept = folder / media.business_id / media.pk
    assert kept.exists()

    instagram_says(is_deleted=True)

    assert not kept.exists()
    assert desk.get(f"/inbox/media/{media.pk}/").status_code == 404
    page = desk.get(f"/inbox/{media.message.conversation_id}/").content.decode()
    assert "Taken back by the customer" in page and media.pk not in page
