"""Channels and quarantined events in the admin."""

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings

from accounts.models import Business, User
from messaging.models import Channel, InboundEvent
from messaging.testing.telegram_server import TelegramServer

pytestmark = pytest.mark.django_db

FRESH = "700100200:AAF-fresh_token"
BACKEND = "accounts.backends.UsernameOrEmailBackend"


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend=BACKEND)
    return client


@pytest.fixture
def bot(telegram_channel: Channel) -> Channel:
    Channel.objects.update(health="dead", health_detail="Telegram refused the token.")
    return telegram_channel


def save(pages: Client, channel: Channel, **words: str) -> str:
    """What the page says, empty when it was saved."""
    form = {"name": channel.name, "is_active": "on", "_save": "1", **words}
    page = pages.post(f"/admin/messaging/channel/{channel.pk}/change/", form)
    return "" if page.status_code == 302 else page.content.decode()


def test_a_new_token_is_tried_and_replaces_only_the_token(
    pages: Client, bot: Channel, telegram_api: TelegramServer
) -> None:
    assert not save(pages, bot, new_token=f" {FRESH} ", name="Mine")
    channel = Channel.objects.get(pk=bot.pk)
    assert channel.secrets == {"token": FRESH, "webhook_secret": "hook-secret"}
    assert (channel.health, channel.health_detail, channel.name) == ("ok", "", "Mine")
    assert telegram_api.webhooks["700100200"]["secret_token"] == "hook-secret"


def test_a_new_secret_is_told_to_telegram(
    pages: Client, bot: Channel, telegram_api: TelegramServer
) -> None:
    assert not save(pages, bot, new_secret="changed")
    assert Channel.objects.get(pk=bot.pk).secrets == {**bot.secrets, "webhook_secret": "changed"}
    assert telegram_api.webhooks["700100200"]["secret_token"] == "changed"


@pytest.mark.parametrize("typed", ["", "••••oken"])
def test_an_empty_field_or_a_pasted_mask_keeps_the_secret(
    pages: Client, bot: Channel, telegram_api: TelegramServer, typed: str
) -> None:
    assert not save(pages, bot, new_token=typed, new_secret=typed, name="Renamed")
    channel = Channel.objects.get(pk=bot.pk)
    assert channel.secrets == bot.secrets and channel.name == "Renamed"
    assert not telegram_api.webhooks


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        ("nonsense", "another bot"),
        ("700100200:!", "not a bot token"),
        ("5:AAF-other", "another bot"),
    ],
)
def test_a_wrong_token_changes_nothing_and_says_why(
    pages: Client, bot: Channel, telegram_api: TelegramServer, token: str, problem: str
) -> None:
    page = save(pages, bot, new_token=token, name="Renamed")
    assert problem in page and token not in page
    channel = Channel.objects.get(pk=bot.pk)
    assert (channel.secrets, channel.name) == (bot.secrets, bot.name)


def test_a_bot_is_connected_from_the_admin(
    pages: Client, owner: User, telegram_api: TelegramServer
) -> None:
    words = {"kind": "telegram", "name": "", "is_active": "on", "new_token": FRESH}
    assert pages.post("/admin/messaging/channel/add/", words).status_code == 302
    channel = Channel.objects.get()
    assert (channel.business_id, channel.name) == (owner.business_id, "Bell bot")
    assert channel.health == "ok"
    assert telegram_api.webhooks["700100200"]["url"].endswith(f"/webhooks/telegram/{channel.pk}/")


def test_a_bot_of_another_business_is_not_taken_over(
    client: Client, bot: Channel, other_owner: User, telegram_api: TelegramServer
) -> None:
    client.force_login(other_owner, backend=BACKEND)
    words = {"kind": "telegram", "is_active": "on", "new_token": FRESH}
    page = client.post("/admin/messaging/channel/add/", words)
    assert page.status_code == 200 and "another business" in page.content.decode()
    assert Channel.objects.count() == 1 and not telegram_api.webhooks


def test_an_unreachable_telegram_is_said_and_nothing_is_stored(
    pages: Client, settings: Settings
) -> None:
    settings.TELEGRAM_API_BASE = "http://127.0.0.1:9"
    words = {"kind": "telegram", "is_active": "on", "new_token": FRESH}
    page = pages.post("/admin/messaging/channel/add/", words)
    assert page.status_code == 200 and page.context["errors"]
    assert FRESH not in page.content.decode() and not Channel.objects.exists()


def test_the_page_shows_only_the_end_of_a_token(pages: Client, telegram_channel: Channel) -> None:
    page = pages.get(f"/admin/messaging/channel/{telegram_channel.pk}/change/").content.decode()
    assert "••••oken" in page and "700100200:test-token" not in page


def test_a_secret_without_its_key_does_not_break_the_page_and_a_fresh_one_takes_its_place(
    pages: Client, telegram_channel: Channel, telegram_api: TelegramServer, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert pages.get("/admin/messaging/channel/").status_code == 200
    assert not save(pages, telegram_channel, name="Renamed")
    assert "FIELD_ENCRYPTION_KEYS" in save(pages, telegram_channel, new_secret="other")
    assert not save(pages, telegram_channel, new_token=FRESH)
    secrets = Channel.objects.get().secrets
    assert secrets["token"] == FRESH
    told = telegram_api.webhooks[telegram_channel.external_id]["secret_token"]
    assert secrets["webhook_secret"] == told != "hook-secret"


def test_the_web_chat_shows_the_line_for_the_site(pages: Client, webchat_channel: Channel) -> None:
    page = pages.get(f"/admin/messaging/channel/{webchat_channel.pk}/change/").content.decode()
    assert f"/widget/{webchat_channel.pk}/widget.js" in page
    assert "&lt;script src=" in page


def test_an_owner_sets_the_look_of_a_web_chat_and_where_it_may_run(
    pages: Client, webchat_channel: Channel
) -> None:
    Channel.objects.update(settings={"demo": True})
    look = {"colour": "#A23456", "greeting": "Ahoy", "allowed_origins": "https://Shop.example/\n"}
    assert not save(pages, webchat_channel, **look, demo="")
    kept = {"colour": "#a23456", "greeting": "Ahoy", "allowed_origins": ["https://shop.example"]}
    assert Channel.objects.get().settings == kept | {"demo": True}
    page = pages.get(f"/admin/messaging/channel/{webchat_channel.pk}/change/").content.decode()
    assert all(f'"{name}"' in page for name in look) and "https://shop.example</textarea>" in page


@pytest.mark.parametrize(
    ("look", "problem"),
    [
        ({"colour": "red"}, "six digits"),
        ({"allowed_origins": "https://shop.example\nshop.example"}, "“shop.example” is not"),
    ],
)
def test_a_wrong_look_is_said_and_not_saved(
    pages: Client, webchat_channel: Channel, look: dict[str, str], problem: str
) -> None:
    assert problem in save(pages, webchat_channel, **look)
    assert Channel.objects.get().settings == {}


def switch_off(pages: Client, channel: Channel) -> str:
    """What the next page says."""
    path = f"/admin/messaging/channel/{channel.pk}/change/"
    page = pages.post(path, {"name": "Kite bot", "_save": "1"}, follow=True)
    return page.content.decode()


def test_an_owner_can_switch_a_channel_off_and_on_but_not_delete_it(
    pages: Client, bot: Channel, telegram_api: TelegramServer
) -> None:
    path = f"/admin/messaging/channel/{bot.pk}/"
    assert pages.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    telegram_api.webhooks[bot.external_id] = {"url": "https://bell.example/"}
    switch_off(pages, bot)
    assert not Channel.objects.get().is_active and not telegram_api.webhooks
    assert not save(pages, bot)
    channel = Channel.objects.get()
    assert (channel.is_active, channel.health, channel.health_detail) == (True, "ok", "")
    assert telegram_api.webhooks[bot.external_id]["url"].endswith(f"/{bot.pk}/")


def test_a_channel_is_switched_off_though_telegram_fails_and_the_page_says_so(
    pages: Client, bot: Channel, telegram_api: TelegramServer
) -> None:
    telegram_api.plan("server_error", method="deleteWebhook")
    assert "Disconnected here only: Telegram" in switch_off(pages, bot)
    assert not Channel.objects.get().is_active


def test_a_channel_that_telegram_refuses_stays_off_and_the_page_says_why(
    pages: Client, bot: Channel, telegram_api: TelegramServer
) -> None:
    Channel.objects.update(is_active=False)
    telegram_api.plan("unauthorized", method="getMe")
    assert "does not know this token" in save(pages, bot, name="Renamed")
    channel = Channel.objects.get()
    assert (channel.is_active, channel.name) == (False, "Kite bot")


def test_checking_now_asks_telegram_about_each_chosen_bot_that_is_on(
    pages: Client, bot: Channel, other_business: Business, telegram_api: TelegramServer
) -> None:
    common = {"kind": "telegram", "secrets": bot.secrets}
    off = Channel.objects.create(
        business=bot.business, external_id="2", name="Off bot", is_active=False, **common
    )
    foreign = Channel.objects.create(business=other_business, external_id="3", **common)
    body = {"action": "check_now", "_selected_action": [bot.pk, off.pk, foreign.pk]}
    page = pages.post("/admin/messaging/channel/", body, follow=True).content.decode()
    assert "Kite bot: It was off and has been registered again." in page
    assert "Off bot: switched off" in page
    asked = [call.method for call in telegram_api.calls]
    assert asked == ["getWebhookInfo", "setWebhook", "getWebhookInfo"]
    assert {call.bot for call in telegram_api.calls} == {bot.external_id}
    telegram_api.plan("unauthorized", times=2, method="getWebhookInfo")
    telegram_api.plan("unauthorized", method="getMe")
    page = pages.post("/admin/messaging/channel/", body, follow=True).content.decode()
    assert "Kite bot: Telegram does not know this token." in page
    assert Channel.objects.get(pk=bot.pk).health == "dead"


def test_a_quarantined_event_is_shown_to_staff_as_harmless_text(
    client: Client, staff: User, business: Business, telegram_channel: Channel
) -> None:
    raw = b"<script>alert(1)</script>\x00\xff\xed\xa0\x80" + b"x" * 30_000
    event = InboundEvent.objects.create(
        business=business,
        channel=telegram_channel,
        dedupe_key="k",
        fate="quarantined",
        reason="not JSON",
        raw=raw,
    )
    client.force_login(staff, backend=BACKEND)
    listed = client.get("/admin/messaging/inboundevent/?fate__exact=quarantined").content.decode()
    assert "not JSON" in listed
    page = client.get(f"/admin/messaging/inboundevent/{event.pk}/change/").content.decode()
    assert (
        "<script>alert(1)" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;\\x00\\xff" in page
    )
    assert f"{len(raw) - 20_000} more bytes" in page and "\x00" not in page
