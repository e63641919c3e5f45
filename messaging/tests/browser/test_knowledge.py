"""An owner drafts, publishes and goes back, as it is done in the admin."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Business, User
from AI_model.testing.chats import settle
from messaging.tests.browser.conftest import Complaints
from messaging.tests.browser.test_widget import OpenShop, open_chat, open_shop, shop, write
from settings_app.models import KnowledgeEntry
from settings_app.services import save_entry

__all__ = ["open_shop", "shop"]
pytestmark = pytest.mark.django_db(transaction=True)

ENTRIES = "/admin/settings_app/knowledgeentry/"


def test_an_owner_drafts_publishes_and_goes_back(
    business: Business, owner: User, open_inbox: Callable[..., Page], complaints: Complaints
) -> None:
    entry = save_entry(business=business, question="Do you ship?", answer="In two days.")
    page = open_inbox(owner, f"{ENTRIES}{entry.pk}/change/")
    page.get_by_label("Answer").fill("The next day.")
    page.get_by_role("button", name="Save as draft").click()

    expect(page.get_by_role("heading", name="Changed Entry: Do you ship?")).to_be_visible()
    expect(page.get_by_text("In two days.")).to_be_visible()
    expect(page.get_by_text("The next day.")).to_be_visible()
    assert KnowledgeEntry.objects.get().answer == "In two days."
    page.get_by_role("link", name="Do you ship?").click()
    expect(page.get_by_label("Answer")).to_have_value("The next day.")
    page.get_by_role("link", name="See the whole draft").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published. Answers follow it now.")).to_be_visible()
    assert KnowledgeEntry.objects.get().answer == "The next day."

    page.goto(page.url.replace("knowledgedraft", "knowledgeversion"))
    page.get_by_role("link", name="1", exact=True).click()
    page.get_by_role("link", name="Go back to this version").click()
    page.get_by_role("button", name="Go back to version 1").click()
    expect(page.get_by_text("Version 3 is what version 1 was.")).to_be_visible()
    assert KnowledgeEntry.objects.get().answer == "In two days."
    assert complaints == []


def test_the_next_answer_follows_what_is_published_and_a_roll_back(
    business: Business,
    owner: User,
    open_inbox: Callable[..., Page],
    open_shop: OpenShop,
    complaints: Complaints,
) -> None:
    question = "When do you open on Saturday?"
    entry = save_entry(business=business, question=question, answer="At ten on Saturdays.")
    visitor = open_shop()
    open_chat(visitor)
    assert answer_to(visitor, question) == "At ten on Saturdays."

    admin = open_inbox(owner, f"{ENTRIES}{entry.pk}/change/")
    admin.get_by_label("Answer").fill("At noon on Saturdays.")
    admin.get_by_role("button", name="Save as draft").click()
    expect(admin.get_by_role("heading", name=f"Changed Entry: {question}")).to_be_visible()
    assert answer_to(visitor, question) == "At ten on Saturdays."
    admin.get_by_role("button", name="Publish").click()
    expect(admin.get_by_text("Published. Answers follow it now.")).to_be_visible()
    assert answer_to(visitor, question) == "At noon on Saturdays."

    admin.goto(admin.url.replace("knowledgedraft", "knowledgeversion"))
    admin.get_by_role("link", name="1", exact=True).click()
    admin.get_by_role("link", name="Go back to this version").click()
    admin.get_by_role("button", name="Go back to version 1").click()
    expect(admin.get_by_text("Version 3 is what version 1 was.")).to_be_visible()
    assert answer_to(visitor, question) == "At ten on Saturdays."
    assert complaints == []


def answer_to(page: Page, question: str) -> str:
    """Ask, let the workers work, and read what came last."""
    asked = page.locator("deskbell-chat .said.customer")
    before = asked.count()
    write(page, question)
    expect(asked).to_have_count(before + 1)
    expect(asked.last.locator(".meta")).to_contain_text("Sent")
    settle()
    answers = page.locator("deskbell-chat .said:not(.customer)")
    expect(answers).to_have_count(before + 2)  # the first one greets
    return answers.last.locator(".words").inner_text()
