"""The page of figures in a real browser: drawn, wide and narrow, and leading to conversations."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from AI_model.services.episodes import refresh
from AI_model.testing.history import History
from messaging.models import Channel
from messaging.tests.browser.conftest import Complaints

pytestmark = pytest.mark.django_db(transaction=True)
OpenInbox = Callable[..., Page]


@pytest.mark.parametrize("width", [1280, 390])
def test_a_figure_is_drawn_and_leads_to_a_conversation(
    open_inbox: OpenInbox, owner: User, webchat_channel: Channel, complaints: Complaints, width: int
) -> None:
    story = History(
        webchat_channel,
        seed="browser",
        first=timezone.now() - timedelta(days=12),
        days=11,
        conversations=40,
    )
    story.write(timezone.now())
    refresh(webchat_channel.business)
    page = open_inbox(owner, "/insights/?days=30")
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator(".chart svg rect.ai").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_text("As a table").click()
    expect(page.locator(".as-table tbody tr").first).to_be_visible()
    page.locator(".legend .ai a").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Answered by: AI alone")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".list a").first.click()
    expect(page.locator("#messages .message").first).to_be_visible()
    assert complaints == []
