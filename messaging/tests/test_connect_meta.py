"""Connecting Instagram accounts and Facebook pages: by command, admin and API."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from messaging.models import Channel
from messaging.services.channels import disconnect_channel
from messaging.testing.fixtures import (
    APP_SECRET,
    INSTAGRAM_ID,
    INSTAGRAM_TOKEN,
    PAGE_ID,
    PAGE_TOKEN,
)
from messaging.testing.graph_server import GraphServer

pytestmark = pytest.mark.django_db

INSTAGRAM = ("instagram", "--account-id", INSTAGRAM_ID, "--token", INSTAGRAM_TOKEN)
BY_FACEBOOK = ("instagram", "--account-id", INSTAGRAM_ID, "--token", PAGE_TOKEN)
MESSENGER = ("messenger", "--account-id", PAGE_ID, "--token", PAGE_TOKEN)
BACKEND = "accounts.backends.UsernameOrEmailBackend"


def connect(*options: str, user: str = "owner") -> tuple[dict[str, Any], str]:
    """What is printed, and what is warned of."""
    out, errors = io.StringIO(), io.StringIO()
    call_command("connect_channel", *options, "--user", user, stdout=out, stderr=errors)
    return json.loads(out.getvalue()), errors.getvalue()


@pytest.mark.usefixtures("owner")
def test_an_instagram_account_is_named_and_subscribed(graph_server: GraphServer) -> None:
    printed, warned = connect(*INSTAGRAM)
    channel = Channel.objects.get()
    assert printed == {"channel_id": channel.pk, "webhook_path": "/webhooks/instagram/"}
    assert (channel.external_id, channel.name, channel.health) == (INSTAGRAM_ID, "Kite Bikes", "ok")
    assert channel.settings == {
        "flavour": "instagram_login",
        "app_scoped_id": "29001",
        "username": "kite.bikes",
    }
    assert channel.secrets == {"token": INSTAGRAM_TOKEN} and warned == ""
    assert "messages" in graph_server.accounts[INSTAGRAM_TOKEN].subscribed
    assert channel.token_renewed_at is not None and channel.token_expires_at is None


@pytest.mark.usefixtures("owner")
def test_a_page_is_connected_to_messenger(graph_server: GraphServer) -> None:
    printed, _ = connect(*MESSENGER, "--app-secret", APP_SECRET)
    channel = Channel.objects.get()
    assert printed == {"channel_id": channel.pk, "webhook_path": "/webhooks/messenger/"}
    assert (channel.kind, channel.external_id) == ("messenger", PAGE_ID)
    assert channel.secrets == {"token": PAGE_TOKEN, "app_secret": APP_SECRET}
    assert "messages" in graph_server.accounts[PAGE_TOKEN].subscribed


@pytest.mark.usefixtures("owner")
def test_instagram_by_facebook_login_keeps_the_page(graph_server: GraphServer) -> None:
    connect(*BY_FACEBOOK, "--flavour", "facebook_login", "--page-id", PAGE_ID)
    channel = Channel.objects.get()
    assert channel.settings["flavour"] == "facebook_login"
    assert channel.settings["page_id"] == PAGE_ID
    assert "messages" in graph_server.accounts[PAGE_TOKEN].subscribed


@pytest.mark.usefixtures("owner")
def test_the_other_login_of_the_same_account_takes_its_place_and_ends_its_subscription(
    graph_server: GraphServer,
) -> None:
    first, _ = connect(*INSTAGRAM)
    again, warned = connect(*BY_FACEBOOK, "--flavour", "facebook_login")
    assert again == first and warned == ""
    assert graph_server.accounts[INSTAGRAM_TOKEN].subscribed == []
    assert "messages" in graph_server.accounts[PAGE_TOKEN].subscribed


@pytest.mark.usefixtures("owner")
def test_a_subscription_of_the_other_login_that_can_not_be_ended_is_warned_of(
    graph_server: GraphServer,
) -> None:
    connect(*INSTAGRAM)
    account = graph_server.accounts.pop(INSTAGRAM_TOKEN)
    assert account.subscribed
    _, warned = connect(*BY_FACEBOOK, "--flavour", "facebook_login")
    assert "delivered twice" in warned
    out = io.StringIO()
    call_command("channel_doctor", "--user", "owner", stdout=out)
    assert "look  both_ways" in out.getvalue()
    _, warned = connect(*BY_FACEBOOK, "--flavour", "facebook_login")
    assert warned == ""


@pytest.mark.usefixtures("owner")
def test_a_page_goes_on_delivering_while_one_of_its_two_channels_is_on(
    graph_server: GraphServer,
) -> None:
    connect(*BY_FACEBOOK, "--flavour", "facebook_login")
    connect(*MESSENGER)
    instagram, messenger = Channel.objects.order_by("kind")
    disconnect_channel(channel=messenger)
    assert graph_server.accounts[PAGE_TOKEN].subscribed
    disconnect_channel(channel=instagram)
    assert graph_server.accounts[PAGE_TOKEN].subscribed == []
    connect(*BY_FACEBOOK, "--flavour", "facebook_login")
    connect(*MESSENGER)
    _, warned = connect(*INSTAGRAM)
    assert "delivered twice" in warned and graph_server.accounts[PAGE_TOKEN].subscribed
    disconnect_channel(channel=Channel.objects.get(kind="messenger"))
    assert graph_server.accounts[PAGE_TOKEN].subscribed == []


@pytest.mark.usefixtures("owner")
def test_a_fresh_token_renews_the_same_channel_and_keeps_what_was_decided(
    graph_server: GraphServer,
) -> None:
    first, _ = connect(*MESSENGER, "--app-secret", APP_SECRET)
    settings = Channel.objects.get().settings | {"human_agent": True}
    Channel.objects.update(health="dead", settings=settings)
    graph_server.add_account(PAGE_ID, "EAA-fresh", kind="page", name="Kite Bikes")
    again, _ = connect("messenger", "--account-id", PAGE_ID, "--token", "EAA-fresh")
    channel = Channel.objects.get()
    assert again == first and channel.health == "ok"
    assert channel.secrets == {"token": "EAA-fresh", "app_secret": APP_SECRET}
    assert channel.settings["human_agent"] is True


@pytest.mark.usefixtures("owner", "other_owner", "graph_server")
def test_an_account_of_another_business_is_refused() -> None:
    connect(*INSTAGRAM, user="other_owner")
    with pytest.raises(CommandError, match="another business"):
        connect(*INSTAGRAM)
    assert Channel.objects.count() == 1


@pytest.mark.usefixtures("owner")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--account-id", "29001", "--token", INSTAGRAM_TOKEN), f"account {INSTAGRAM_ID}"),
        (("--account-id", INSTAGRAM_ID, "--token", "IG-revoked"), "does not accept"),
        (("--account-id", INSTAGRAM_ID, "--token", ""), "Give the account"),
        (("--account-id", "", "--token", INSTAGRAM_TOKEN), "Give the account"),
        (("--account-id", "kite.bikes", "--token", INSTAGRAM_TOKEN), "is a number"),
        (("--account-id", INSTAGRAM_ID, "--token", "two words"), "access token"),
        (
            ("--account-id", INSTAGRAM_ID, "--token", INSTAGRAM_TOKEN, "--app-secret", "a b"),
            "not an app secret",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    options: tuple[str, ...], words: str, graph_server: GraphServer
) -> None:
    with pytest.raises(CommandError, match=words) as caught:
        connect("instagram", *options)
    assert "IG-revoked" not in str(caught.value)
    assert not Channel.objects.exists()


@pytest.mark.usefixtures("owner")
def test_no_register_calls_nobody(graph_server: GraphServer) -> None:
    connect(*INSTAGRAM, "--no-register")
    assert graph_server.calls == []
    assert Channel.objects.get().health == "new"


# The admin


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend=BACKEND)
    return client


def add(pages: Client, **words: str) -> str:
    """What the page says, empty when it was saved."""
    page = pages.post("/admin/messaging/channel/add/", {"is_active": "on", **words})
    return "" if page.status_code == 302 else page.content.decode()


def change(pages: Client, channel: Channel, **words: str) -> str:
    form = {"name": channel.name, "is_active": "on", "_save": "1", **words}
    page = pages.post(f"/admin/messaging/channel/{channel.pk}/change/", form)
    return "" if page.status_code == 302 else page.content.decode()


def test_an_account_is_connected_from_the_admin_with_its_switch(
    pages: Client, graph_server: GraphServer
) -> None:
    words = {"kind": "instagram", "account_id": INSTAGRAM_ID, "new_token": INSTAGRAM_TOKEN}
    assert add(pages, **words, human_agent="on") == ""
    channel = Channel.objects.get()
    assert (channel.health, channel.settings["human_agent"]) == ("ok", True)
    page = pages.get(f"/admin/messaging/channel/{channel.pk}/change/").content.decode()
    assert "/webhooks/instagram/" in page and INSTAGRAM_TOKEN not in page
    assert change(pages, channel) == ""
    assert Channel.objects.get().settings["human_agent"] is False


def test_the_admin_says_why_meta_refuses(pages: Client, graph_server: GraphServer) -> None:
    words = {"kind": "messenger", "account_id": INSTAGRAM_ID, "new_token": PAGE_TOKEN}
    assert f"not of {INSTAGRAM_ID}" in add(pages, **words)
    assert "access token" in add(pages, kind="instagram", account_id=INSTAGRAM_ID)
    assert not Channel.objects.exists()


def test_a_token_or_another_login_entered_in_the_admin_connects_again(
    pages: Client, instagram_channel: Channel, graph_server: GraphServer
) -> None:
    assert change(pages, instagram_channel, flavour="instagram_login") == ""
    assert graph_server.calls == []
    assert "does not accept" in change(pages, instagram_channel, new_token="IG-revoked")
    wanted = {"new_token": PAGE_TOKEN, "flavour": "facebook_login", "page_id": PAGE_ID}
    assert change(pages, instagram_channel, **wanted) == ""
    channel = Channel.objects.get()
    assert channel.secrets == {"token": PAGE_TOKEN}
    assert channel.settings["flavour"] == "facebook_login"


def test_groups_are_switched_on_in_the_admin_without_asking_telegram(
    pages: Client, telegram_channel: Channel
) -> None:
    assert change(pages, telegram_channel, groups="on", human_agent="on") == ""
    assert Channel.objects.get().settings == {"groups": True}


# The API


def test_an_account_is_connected_by_the_api(
    owner_api: APIClient, agent_api: APIClient, graph_server: GraphServer
) -> None:
    body = {
        "kind": "instagram",
        "account_id": INSTAGRAM_ID,
        "token": INSTAGRAM_TOKEN,
        "settings": {"human_agent": True},
    }
    assert agent_api.post("/api/v1/channels/", body, format="json").status_code == 403
    made = owner_api.post("/api/v1/channels/", body, format="json")
    assert made.status_code == 201 and INSTAGRAM_TOKEN not in made.content.decode()
    assert made.json()["settings"]["human_agent"] is True
    assert made.json()["health"] == "ok"
    changed = owner_api.patch(
        f"/api/v1/channels/{made.json()['id']}/",
        {"settings": {"human_agent": False}},
        format="json",
    )
    assert changed.json()["settings"]["human_agent"] is False
    assert changed.json()["settings"]["flavour"] == "instagram_login"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "instagram", "token": "x"}, "account_id"),
        ({"kind": "messenger", "account_id": "1"}, "token"),
        (
            {"kind": "messenger", "account_id": "1", "token": "x", "flavour": "facebook_login"},
            "flavour",
        ),
        ({"kind": "webchat", "token": "x"}, "token"),
        ({"kind": "telegram", "token": "x", "account_id": "1"}, "account_id"),
        ({"kind": "instagram", "settings": {"groups": True}}, "settings"),
        ({"kind": "api"}, "kind"),
    ],
)
def test_a_field_that_is_missing_or_of_another_kind_is_named(
    owner_api: APIClient, body: dict[str, Any], field: str
) -> None:
    answer = owner_api.post("/api/v1/channels/", body, format="json")
    assert answer.status_code == 400 and field in answer.json()["fields"]
    assert not Channel.objects.exists()
