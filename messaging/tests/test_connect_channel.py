"""Connecting a bot or the web chat, by the command that a newcomer types."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.lib.errors import DomainError
from messaging.models import Channel
from messaging.services.channels import disconnect_channel
from messaging.services.connecting import connect_without_account
from messaging.testing.telegram_server import TelegramServer
from messaging.tests.payload_files import raw_payload

TOKEN = "700100200:AAF-first_token"


@pytest.fixture(autouse=True)
def _public_url(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://bell.example"


def connect(kind: str, *options: str, user: str = "owner") -> dict[str, Any]:
    out = io.StringIO()
    call_command("connect_channel", kind, "--user", user, *options, stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


@pytest.mark.usefixtures("owner")
def test_a_bot_is_named_and_told_where_to_deliver(telegram_api: TelegramServer) -> None:
    printed = connect("telegram", "--token", TOKEN)
    channel = Channel.objects.get()
    assert printed == {
        "channel_id": channel.pk,
        "webhook_path": f"/webhooks/telegram/{channel.pk}/",
        "secret": channel.secrets["webhook_secret"],
    }
    assert (channel.external_id, channel.name, channel.health) == ("700100200", "Bell bot", "ok")
    assert channel.secrets["token"] == TOKEN
    registered = telegram_api.webhooks["700100200"]
    assert registered["url"] == f"https://bell.example{printed['webhook_path']}"
    assert registered["secret_token"] == printed["secret"]
    assert "my_chat_member" in json.loads(registered["allowed_updates"])


@pytest.mark.usefixtures("owner")
def test_what_the_command_prints_is_what_the_webhook_takes(client: Client) -> None:
    printed = connect("telegram", "--token", TOKEN, "--secret", "s3cret_-", "--no-register")
    answer = client.post(
        printed["webhook_path"],
        raw_payload("text"),
        content_type="application/json",
        headers={"X-Telegram-Bot-Api-Secret-Token": "s3cret_-"},
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "stored")


@pytest.mark.usefixtures("owner")
def test_no_register_calls_nobody(telegram_api: TelegramServer) -> None:
    connect("telegram", "--token", TOKEN, "--no-register")
    assert telegram_api.calls == []
    assert Channel.objects.get().health == "new"


@pytest.mark.usefixtures("owner", "telegram_api")
def test_the_same_bot_again_renews_the_same_channel() -> None:
    first = connect("telegram", "--token", TOKEN)
    kept = connect("telegram", "--token", "700100200:AAF-new_token")
    renewed = connect("telegram", "--token", "700100200:AAF-new_token", "--secret", "other")
    assert kept == first
    assert renewed == first | {"secret": "other"}
    channel = Channel.objects.get()
    assert channel.secrets == {"token": "700100200:AAF-new_token", "webhook_secret": "other"}


@pytest.mark.usefixtures("owner", "other_owner", "telegram_api")
def test_a_bot_of_another_business_is_refused() -> None:
    connect("telegram", "--token", TOKEN, user="other_owner")
    with pytest.raises(CommandError, match="another business"):
        connect("telegram", "--token", "700100200:AAF-stolen")
    assert Channel.objects.get().secrets["token"] == TOKEN


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(
    ("mode", "method", "words"),
    [
        ("unauthorized", "getMe", "does not know this token"),
        ("not_found", "getMe", "does not know this token"),
        ("gateway_502", "getMe", "could not be reached"),
        ("odd_json", "getMe", "could not be reached"),
        ("slow_down", "setWebhook", "retry after"),
        ("bad_webhook", "setWebhook", "HTTPS URL must be provided"),
    ],
)
def test_when_telegram_refuses_nothing_is_stored_and_the_reason_is_plain(
    mode: str, method: str, words: str, telegram_api: TelegramServer
) -> None:
    telegram_api.plan(mode, method=method)
    with pytest.raises(CommandError, match=words) as caught:
        connect("telegram", "--token", TOKEN)
    assert "AAF" not in str(caught.value)
    assert not Channel.objects.exists()


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("token", ["", "hello", "12:", ":abc", "12:a b", "1:a/../x", "٣:abc"])
def test_what_is_no_token_is_refused_before_any_call(
    token: str, telegram_api: TelegramServer
) -> None:
    with pytest.raises(CommandError, match="token"):
        connect("telegram", "--token", token)
    assert telegram_api.calls == []


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize("secret", ["a b", "é", "x" * 257])
def test_a_secret_that_telegram_would_refuse_is_refused_here(secret: str) -> None:
    with pytest.raises(CommandError, match="secret may hold"):
        connect("telegram", "--token", TOKEN, "--secret", secret, "--no-register")


@pytest.mark.usefixtures("db")
def test_an_unknown_user_is_named() -> None:
    with pytest.raises(CommandError, match="no user nobody"):
        connect("webchat", user="nobody")


@pytest.mark.usefixtures("staff")
def test_platform_staff_has_no_business_to_connect() -> None:
    with pytest.raises(CommandError, match="belongs to no business"):
        connect("webchat", user="staff")


def test_the_web_chat_is_made_once(owner: User) -> None:
    first, again = connect("webchat"), connect("webchat", user=owner.email)
    assert first == again
    assert first["widget_path"] == f"/widget/{first['channel_id']}/widget.js"
    assert (
        connect_without_account(business=Channel.objects.get().business, kind="api").kind == "api"
    )
    assert Channel.objects.count() == 2


def test_a_kind_with_an_account_is_not_made_without_one(owner: User) -> None:
    assert owner.business is not None
    with pytest.raises(DomainError, match="needs an account"):
        connect_without_account(business=owner.business, kind="telegram")


def test_disconnecting_stops_the_delivery_even_when_telegram_is_away(
    telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    telegram_api.webhooks[telegram_channel.external_id] = {"url": "https://bell.example/"}
    assert not disconnect_channel(channel=telegram_channel).is_active
    assert telegram_api.webhooks == {}
    telegram_api.plan("server_error", method="deleteWebhook")
    assert "Disconnected here only" in disconnect_channel(channel=telegram_channel).health_detail
