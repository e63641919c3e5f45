"""Channels that break and come back, in a real browser before a real server."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from messaging.models import Channel
from messaging.tests.browser.conftest import Complaints
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db(transaction=True)
OpenInbox = Callable[..., Page]
POLL = 21_000
REVOKED = "Telegram does not know this token. Connect the channel again with a fresh token."


def break_down(channel: Channel) -> None:
    bad = {"code": "token", "severity": "bad", "sentence": "Telegram does not know this token."}
    fine = {"code": "sends", "severity": "ok", "sentence": "Nothing was sent.", "remedy": ""}
    remedy = {"remedy": "Connect the channel again with a fresh token."}
    Channel.objects.filter(pk=channel.pk).update(
        health="dead",
        health_detail=REVOKED,
        checked_at=timezone.now() - timedelta(minutes=2),
        checkup={"findings": [bad | remedy, fine]},
    )


def test_a_channel_that_dies_shows_red_in_the_open_inbox_and_goes_when_it_is_back(
    context: BrowserContext,
    open_inbox: OpenInbox,
    agent: User,
    telegram_channel: Channel,
    complaints: Complaints,
) -> None:
    context.clock.install()
    customer_says(telegram_channel, "Do you sell helmets?", name="Ida Berg")
    page = open_inbox(agent)
    alert = page.locator("#channel-alert .notice")
    expect(page.locator("#rows .name")).to_have_text(["Ida Berg"])
    expect(alert).to_have_count(0)
    break_down(telegram_channel)
    context.clock.fast_forward(POLL)
    expect(alert).to_contain_text("Kite bot does not work.")
    expect(alert).to_contain_text(REVOKED)
    expect(page.locator("#rows .name")).to_have_text(["Ida Berg"])
    Channel.objects.update(health="ok", health_detail="")
    context.clock.fast_forward(POLL)
    expect(alert).to_have_count(0)
    assert complaints == []


def test_the_channels_page_says_what_is_wrong_and_leads_the_owner_to_mend_it(
    open_inbox: OpenInbox,
    owner: User,
    telegram_channel: Channel,
    webchat_channel: Channel,
    complaints: Complaints,
) -> None:
    break_down(telegram_channel)
    page = open_inbox(owner)
    page.get_by_role("link", name="What to do").click()
    card = page.locator(f"#channel-{telegram_channel.pk}")
    expect(card.locator(".notice.danger")).to_contain_text("Connect the channel again")
    expect(card.locator(".tag")).to_have_text("Needs reconnecting")
    expect(page.get_by_role("heading", level=2)).to_have_text(["Kite bot", "Web chat"])
    expect(card.get_by_text("Nothing was sent.")).to_be_hidden()
    card.get_by_text("What is as it should be").click()
    expect(card.get_by_text("Nothing was sent.")).to_be_visible()
    card.get_by_role("link", name="Connect Kite bot again").click()
    expect(page).to_have_url(
        f"{page.url.split('/admin/')[0]}/admin/messaging/channel/{telegram_channel.pk}/change/"
    )
    assert complaints == []


def test_on_a_phone_the_page_fits_and_what_is_off_is_said_and_not_checked(
    open_inbox: OpenInbox, agent: User, webchat_channel: Channel, telegram_channel: Channel
) -> None:
    Channel.objects.filter(pk=telegram_channel.pk).update(is_active=False)
    page = open_inbox(agent, "/inbox/channels/")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.locator(f"#channel-{telegram_channel.pk} .tag")).to_have_text("Switched off")
    expect(page.get_by_role("button", name="Check")).to_have_count(0)
    expect(page.get_by_role("link", name="Switch")).to_have_count(0)
