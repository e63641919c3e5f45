"""An owner tries a draft on past questions before it counts, in the admin."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Business, User
from AI_model.testing.chats import Chat, settle
from messaging.models import Channel, Message
from messaging.tests.browser.conftest import Complaints
from settings_app.services import change_entry, save_entry

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = "/admin/settings_app/knowledgedraft/"
DELIVERY = "How much does delivery cost?"
DOGS = "May I bring my dog?"


def test_an_owner_replays_a_draft_and_reads_what_would_be_said_otherwise(
    business: Business,
    owner: User,
    webchat_channel: Channel,
    open_inbox: Callable[..., Page],
    complaints: Complaints,
) -> None:
    price = save_entry(business=business, question=DELIVERY, answer="Delivery costs five euros.")
    dogs = save_entry(business=business, question=DOGS, answer="Yes, on a lead.")
    chat = Chat(webchat_channel)
    assert chat.ask(DELIVERY).text == price.answer
    assert chat.ask(DOGS).text == dogs.answer
    said = Message.objects.count()
    change_entry(entry=price, changes={"answer": "Delivery costs six euros."}, as_draft=True)
    change_entry(entry=dogs, changes={"is_active": False}, as_draft=True)

    page = open_inbox(owner, DRAFT)
    page.get_by_role("link", name="Replay past questions").click()
    expect(page.get_by_label("Ask")).to_have_value("draft")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Waiting.")).to_be_visible()
    settle()

    expect(page.get_by_text("2 questions were asked again, of the draft.")).to_be_visible()
    turns = page.locator(".replay-turn")
    expect(turns).to_have_count(2)
    expect(turns.nth(0)).to_contain_text("Handed over now")
    expect(turns.nth(0)).to_contain_text(DOGS)
    expect(turns.nth(0)).to_contain_text("Yes, on a lead.")
    expect(turns.nth(0)).to_contain_text("nothing in the knowledge answers this")
    expect(turns.nth(1).locator("del")).to_have_text("five")
    expect(turns.nth(1).locator("ins")).to_have_text("six")
    assert Message.objects.count() == said
    turns.nth(1).get_by_role("link", name="Open the conversation").click()
    expect(page.get_by_text("Delivery costs five euros.").first).to_be_visible()
    assert complaints == []
