"""What the answer box says of a platform's window, while it is open and when it closes."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Business, User
from messaging.models import Channel, Conversation, Message
from messaging.tests.browser.conftest import Complaints
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db(transaction=True)
OpenInbox = Callable[..., Page]
PHONE, DESK = {"width": 390, "height": 780}, {"width": 1280, "height": 800}


@pytest.fixture
def instagram(business: Business) -> Channel:
    return Channel.objects.create(
        business=business, kind="instagram", name="Kite Bikes", external_id="17841400000000001"
    )


def wrote(channel: Channel, *, ago: timedelta) -> Conversation:
    conversation = customer_says(channel, "Is the red one still there?", name="Ida Berg")
    Conversation.objects.filter(pk=conversation.pk).update(
        status="support_active", window_from=timezone.now() - ago
    )
    return conversation


def opened(open_inbox: OpenInbox, user: User, conversation: Conversation) -> Page:
    page = open_inbox(user, f"/inbox/{conversation.pk}/")
    expect(page.locator("#messages .message").first).to_be_visible()
    return page


def picture(page: Page, name: str) -> None:
    """Kept where SCREENSHOTS says, on a desk and on a phone, for whoever wants to look."""
    if folder := os.environ.get("SCREENSHOTS"):
        for size, suffix in ((DESK, "desk"), (PHONE, "phone")):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.screenshot(path=Path(folder) / f"{name}-{suffix}.png")
        page.set_viewport_size(DESK)  # type: ignore[arg-type]


def test_the_last_hours_are_counted_down_and_then_the_box_is_closed(
    open_inbox: OpenInbox, owner: User, agent: User, instagram: Channel, complaints: Complaints
) -> None:
    ago = timedelta(hours=20, minutes=39, seconds=30)
    conversation = wrote(instagram, ago=ago)
    page = opened(open_inbox, agent, conversation)
    window = page.locator("#window")
    expect(window).to_have_text("You can answer for 3 h 20 min more.")
    picture(page, "countdown")

    page.clock.install()
    page.reload()
    # The page asks once more when its line is up; time passes only after that.
    expect(page.locator("body")).to_have_attribute("data-live", "on")
    page.wait_for_load_state("networkidle")
    expect(window).to_have_text("You can answer for 3 h 20 min more.")
    page.clock.fast_forward("20:10")
    expect(window).to_have_text("You can answer for 3 h more.")

    page.fill("#answer", "Yes, two of them")
    page.wait_for_load_state("networkidle")
    Conversation.objects.update(window_from=timezone.now() - timedelta(hours=24))
    # Long enough even if the server, whose clock stands, was asked again meanwhile.
    page.clock.fast_forward("03:25:00")
    expect(page.locator("#obstacle")).to_contain_text("more than 24 hours ago")
    expect(window).to_have_text("")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    expect(page.locator("#answer")).to_have_value("Yes, two of them")
    page.press("#answer", "Enter")
    page.clock.run_for(1000)
    assert not Message.objects.filter(type="support").exists()
    picture(page, "closed-with-a-draft")

    page.fill("#answer", "")
    expect(page.locator("#answer")).to_be_hidden()
    picture(page, "closed")
    assert complaints == []


def test_after_a_day_a_permitted_answer_is_said_to_go_out_as_a_persons(
    open_inbox: OpenInbox, owner: User, agent: User, instagram: Channel, complaints: Complaints
) -> None:
    Channel.objects.update(settings={"human_agent": True})
    conversation = wrote(instagram, ago=timedelta(hours=23, minutes=30))
    page = opened(open_inbox, agent, conversation)
    expect(page.locator("#window")).to_have_text("")

    page.clock.install()
    page.reload()
    expect(page.locator("#messages .message").first).to_be_visible()
    Conversation.objects.update(window_from=timezone.now() - timedelta(hours=25))
    page.clock.fast_forward("31:00")
    expect(page.locator("#window")).to_contain_text("as a person’s answer (HUMAN_AGENT)")
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    picture(page, "tagged")

    Conversation.objects.update(window_from=timezone.now() - timedelta(days=6, hours=23))
    page.reload()
    expect(page.locator("#window")).to_contain_text("You can answer for 59 min more.")
    expect(page.locator("#window")).to_contain_text("HUMAN_AGENT")
    assert complaints == []


def test_a_refusal_at_the_last_moment_keeps_what_was_typed(
    open_inbox: OpenInbox, owner: User, agent: User, instagram: Channel
) -> None:
    page = opened(open_inbox, agent, wrote(instagram, ago=timedelta(hours=23)))
    page.fill("#answer", "Yes, two of them")
    page.wait_for_load_state("networkidle")
    Conversation.objects.update(window_from=timezone.now() - timedelta(hours=24))
    page.press("#answer", "Enter")
    expect(page.locator("#answer-refusal")).to_contain_text("more than 24 hours ago")
    expect(page.locator("#answer")).to_have_value("Yes, two of them")
    assert not Message.objects.filter(type="support").exists()


def test_a_dead_channel_says_that_an_answer_waits(
    open_inbox: OpenInbox, owner: User, agent: User, instagram: Channel
) -> None:
    Channel.objects.update(health="dead", sends_refused_at=timezone.now())
    page = opened(open_inbox, agent, wrote(instagram, ago=timedelta(minutes=1)))
    expect(page.locator("#window")).to_contain_text("needs reconnecting")
    page.fill("#answer", "Yes, two of them")
    page.press("#answer", "Enter")
    expect(page.locator(".message.support .delivery")).to_have_text("Waiting to be sent")
    picture(page, "dead")
