"""Channels by the API: what an owner may decide, and what becomes of it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from messaging.models import Channel
from messaging.testing.telegram_server import TelegramServer
from messaging.webchat.origins import origin_allowed

pytestmark = pytest.mark.django_db


def test_channels_are_shown_without_their_secrets(
    owner_api: APIClient, telegram_channel: Channel
) -> None:
    body = owner_api.get("/api/v1/channels/").content.decode()
    body += owner_api.get(f"/api/v1/channels/{telegram_channel.pk}/").content.decode()
    for secret in telegram_channel.secrets.values():
        assert secret not in body


def test_the_owner_makes_and_changes_channels_and_agents_do_not(
    owner_api: APIClient, agent_api: APIClient, webchat_channel: Channel
) -> None:
    body = {"kind": "webchat", "name": "Shop", "settings": {"greeting": "Hello"}}
    assert agent_api.post("/api/v1/channels/", body, format="json").status_code == 403
    made = owner_api.post("/api/v1/channels/", body, format="json")
    assert made.status_code == 201
    path = f"/api/v1/channels/{made.json()['id']}/"
    assert agent_api.patch(path, {"name": "Ours"}, format="json").status_code == 403
    changed = owner_api.patch(
        path, {"is_active": False, "settings": {"colour": "#A23456"}}, format="json"
    )
    assert changed.json()["is_active"] is False
    assert changed.json()["settings"] == {"greeting": "Hello", "colour": "#a23456"}
    assert changed.json()["name"] == "Shop"


@pytest.mark.parametrize(
    "body",
    [
        {"secrets": {"token": "x"}},
        {"external_id": "1"},
        {"business": "b"},
        {"health": "ok"},
        {"kind": "api"},
        {"id": "x"},
        {"settings": []},
        {"settings": {"a": {"b": 1}}},
        {"settings": {"username": "other_bot"}},
        {"settings": {"colour": "#123456"}},
        {"is_active": "perhaps"},
        {"name": "x" * 121},
    ],
)
def test_a_channel_keeps_what_may_not_be_changed_here(
    owner_api: APIClient, telegram_channel: Channel, body: dict[str, Any]
) -> None:
    before = Channel.objects.values().get()
    answer = owner_api.patch(f"/api/v1/channels/{telegram_channel.pk}/", body, format="json")
    assert answer.status_code == 400
    assert next(iter(body)) in answer.json()["fields"]
    assert Channel.objects.values().get() == before


def test_switching_a_bot_tells_telegram_and_off_goes_through_though_telegram_fails(
    owner_api: APIClient, telegram_channel: Channel, telegram_api: TelegramServer
) -> None:
    path = f"/api/v1/channels/{telegram_channel.pk}/"

    def switch(on: bool) -> tuple[int, dict[str, Any]]:
        answer = owner_api.patch(path, {"is_active": on}, format="json")
        return answer.status_code, answer.json()

    telegram_api.plan("server_error", method="deleteWebhook")
    status, off = switch(False)
    assert (status, off["is_active"]) == (200, False)
    assert off["health_detail"].startswith("Disconnected here only: ")
    telegram_api.plan("gateway_502", method="getMe")
    status, refused = switch(True)
    assert (status, refused["code"]) == (503, "channel_unreachable")
    assert not Channel.objects.get().is_active
    status, back = switch(True)
    assert (status, back["is_active"], back["health_detail"]) == (200, True, "")
    assert telegram_api.webhooks[telegram_channel.external_id]["secret_token"] == "hook-secret"
    assert switch(False)[1]["health_detail"] == "" and not telegram_api.webhooks


def test_an_owner_says_on_which_sites_the_chat_may_run(
    owner_api: APIClient, webchat_channel: Channel
) -> None:
    path = f"/api/v1/channels/{webchat_channel.pk}/"
    typed = [" https://Shop.example:443/", "https://shop.example", "http://bücher.example:8080"]
    body = {"settings": {"allowed_origins": typed, "greeting": "Ahoy"}}
    kept = ["https://shop.example", "http://xn--bcher-kva.example:8080"]
    assert owner_api.patch(path, body, format="json").json()["settings"] == {
        "allowed_origins": kept,
        "greeting": "Ahoy",
    }
    webchat_channel.refresh_from_db()
    assert origin_allowed(webchat_channel, "https://shop.example")
    assert not origin_allowed(webchat_channel, "https://other.example")
    cleared = owner_api.patch(path, {"settings": {"allowed_origins": []}}, format="json")
    assert cleared.json()["settings"] == {"allowed_origins": [], "greeting": "Ahoy"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("allowed_origins", "https://shop.example"),
        *(
            ("allowed_origins", [origin])
            for origin in (
                *("*", "shop.example", "ftp://shop.example", "https://", "https://a b"),
                *("https://shop.example/chat", "https://shop.example?", "https://u@shop.example"),
                *("https://shop.example:99999", "https://shop.example:", "https://*.example"),
                *("https://[zz]", "https://a..b", "javascript:alert(1)", "https://x:0", 7, None),
            )
        ),
        ("allowed_origins", [f"https://a{number}.example" for number in range(51)]),
        ("colour", "red"),
        ("colour", "#12345"),
        ("greeting", "x" * 501),
        ("greeting", ["Hello"]),
        ("demo", True),
        ("color", "#123456"),
    ],
)
def test_a_wrong_setting_of_a_web_chat_is_named_and_changes_nothing(
    owner_api: APIClient, webchat_channel: Channel, setting: str, value: Any
) -> None:
    path = f"/api/v1/channels/{webchat_channel.pk}/"
    body = {"name": "Other", "settings": {setting: value}}
    answer = owner_api.patch(path, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["fields"]["settings"][0].startswith(f"{setting}: ")
    new = owner_api.post("/api/v1/channels/", body | {"kind": "webchat"}, format="json")
    assert new.status_code == 400
    assert Channel.objects.get().settings == {} and Channel.objects.get().name == "Web chat"
