"""An owner drafts, publishes and goes back, as it is done in the admin."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.models import Business, User
from messaging.tests.browser.conftest import Complaints
from settings_app.models import KnowledgeEntry
from settings_app.services import save_entry

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
