"""Channels and quarantined events in the admin."""

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings

from accounts.models import Business, User
from messaging.models import Channel, InboundEvent

pytestmark = pytest.mark.django_db

BACKEND = "accounts.backends.UsernameOrEmailBackend"


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend=BACKEND)
    return client


def save(pages: Client, channel: Channel, **words: str) -> int:
    form = {"name": channel.name, "is_active": "on", "_save": "1", **words}
    return pages.post(f"/admin/messaging/channel/{channel.pk}/change/", form).status_code


def test_a_new_token_replaces_only_the_token(pages: Client, telegram_channel: Channel) -> None:
    Channel.objects.update(health="dead", health_detail="Telegram refused the token.")
    assert save(pages, telegram_channel, new_token=" 1:fresh-token ") == 302
    channel = Channel.objects.get(pk=telegram_channel.pk)
    assert channel.secrets == {"token": "1:fresh-token", "webhook_secret": "hook-secret"}
    assert (channel.health, channel.health_detail) == ("new", "")


@pytest.mark.parametrize("typed", ["", "••••oken"])
def test_an_empty_field_or_a_pasted_mask_keeps_the_secret(
    pages: Client, telegram_channel: Channel, typed: str
) -> None:
    assert save(pages, telegram_channel, new_token=typed, new_secret=typed, name="Renamed") == 302
    channel = Channel.objects.get(pk=telegram_channel.pk)
    assert channel.secrets == telegram_channel.secrets and channel.name == "Renamed"


def test_the_page_shows_only_the_end_of_a_token(pages: Client, telegram_channel: Channel) -> None:
    page = pages.get(f"/admin/messaging/channel/{telegram_channel.pk}/change/").content.decode()
    assert "••••oken" in page and "700100200:test-token" not in page


def test_a_secret_without_its_key_does_not_break_the_page(
    pages: Client, telegram_channel: Channel, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert pages.get("/admin/messaging/channel/").status_code == 200
    assert save(pages, telegram_channel, new_token="1:fresh-token") == 302
    assert Channel.objects.get(pk=telegram_channel.pk).secrets == {"token": "1:fresh-token"}


def test_the_web_chat_shows_the_line_for_the_site(pages: Client, webchat_channel: Channel) -> None:
    page = pages.get(f"/admin/messaging/channel/{webchat_channel.pk}/change/").content.decode()
    assert f"/widget/{webchat_channel.pk}/widget.js" in page
    assert "&lt;script src=" in page


def test_an_owner_can_switch_a_channel_off_but_not_delete_it(
    pages: Client, telegram_channel: Channel
) -> None:
    assert (
        pages.post(
            f"/admin/messaging/channel/{telegram_channel.pk}/delete/", {"post": "yes"}
        ).status_code
        == 403
    )
    pages.post(
        f"/admin/messaging/channel/{telegram_channel.pk}/change/",
        {"name": "Kite bot", "_save": "1"},
    )
    assert not Channel.objects.get(pk=telegram_channel.pk).is_active


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
