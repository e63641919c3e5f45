"""An unclear question in a visitor's browser, and thumbs in an agent's."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Business, User
from AI_model.models import AnswerVerdict
from AI_model.testing.chats import SHIPPING, settle
from AI_model.testing.offers import ANSWERS, UNCLEAR, make_unclear
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import take_over
from messaging.tests.browser.conftest import Complaints
from messaging.tests.browser.test_widget import (
    OpenShop,
    open_chat,
    open_shop,
    shop,
    write,
)
from messaging.tests.inbox_data import customer_says
from settings_app.models import KnowledgeEntry

__all__ = ["open_shop", "shop"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entries(owner: User, business: Business) -> dict[str, KnowledgeEntry]:
    return make_unclear(business)


def said(page: Page, text: str) -> Locator:
    return page.locator("deskbell-chat .said .words").filter(has_text=text)


def offered(page: Page) -> Locator:
    """Ask what is not clear; the buttons that come."""
    open_chat(page)
    write(page, UNCLEAR)
    expect(page.locator("deskbell-chat .said.customer .meta")).to_contain_text("Sent")
    settle()
    buttons = page.get_by_role("group", name="Did you mean one of these?").get_by_role("button")
    expect(buttons).to_have_count(4)
    return buttons


def test_an_unclear_question_shows_choices_and_the_chosen_one_is_answered(
    open_shop: OpenShop, entries: dict[str, KnowledgeEntry], complaints: Complaints
) -> None:
    page = open_shop()
    buttons = offered(page)
    title = buttons.nth(1).inner_text()
    buttons.nth(1).focus()
    page.keyboard.press("Enter")
    expect(buttons.nth(0)).to_be_disabled()
    expect(page.locator("deskbell-chat .said.customer .meta").last).to_contain_text("Sent")
    settle()
    expect(said(page, ANSWERS[title])).to_be_visible()
    expect(said(page, title).last).to_be_visible()
    for n in range(4):
        expect(buttons.nth(n)).to_be_disabled()
    assert AnswerVerdict.objects.get().right is True

    page.reload()
    open_chat(page) if not page.get_by_role("textbox").is_visible() else None
    expect(said(page, ANSWERS[title])).to_be_visible()
    expect(buttons.nth(0)).to_be_disabled()
    assert complaints == []


def test_choices_end_with_newer_words_and_when_a_person_comes(
    open_shop: OpenShop, entries: dict[str, KnowledgeEntry], owner: User
) -> None:
    page = open_shop()
    buttons = offered(page)
    expect(buttons.nth(0)).to_be_enabled()
    take_over(conversation=Conversation.objects.get(), user=owner)
    page.reload()
    expect(buttons.nth(0)).to_be_disabled()


@pytest.mark.parametrize("width", [1280, 375])
def test_thumbs_say_whether_an_answer_was_right(
    open_inbox: Callable[..., Page],
    agent: User,
    owner: User,
    webchat_channel: Channel,
    complaints: Complaints,
    width: int,
) -> None:
    conversation = customer_says(webchat_channel, "Do you ship to Norway?")
    Message.objects.create(
        business_id=conversation.business_id,
        conversation=conversation,
        seq=conversation.revision + 1,
        revision=conversation.revision + 1,
        type="AI",
        text=SHIPPING,
        delivery="sent",
    )
    Conversation.objects.filter(pk=conversation.pk).update(revision=conversation.revision + 1)
    page = open_inbox(agent, f"/inbox/{conversation.pk}/")
    page.set_viewport_size({"width": width, "height": 800})
    right, wrong = (
        page.get_by_role("button", name=name, exact=True) for name in ("Right", "Wrong")
    )
    page.locator(".message.ai").hover()
    expect(right).to_have_css("opacity", "1")
    right.click()
    expect(right).to_have_attribute("aria-pressed", "true")
    assert AnswerVerdict.objects.get().right is True

    wrong.focus()
    page.keyboard.press("Enter")
    expect(wrong).to_have_attribute("aria-pressed", "true")
    expect(right).to_have_attribute("aria-pressed", "false")
    expect(wrong).to_be_focused()
    page.reload()
    expect(wrong).to_have_attribute("aria-pressed", "true")
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "false")
    assert not AnswerVerdict.objects.exists()
    assert complaints == []


def test_an_agent_sees_what_was_offered_and_what_was_pressed(
    open_inbox: Callable[..., Page], agent: User, owner: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, UNCLEAR)
    options = [{"id": "e1", "title": "Price of delivery"}, {"id": "none", "title": "None of these"}]
    Message.objects.create(
        business_id=conversation.business_id,
        conversation=conversation,
        seq=conversation.revision + 1,
        revision=conversation.revision + 1,
        type="AI",
        text="Did you mean one of these?",
        details={"options": options},
        delivery="sent",
    )
    page = open_inbox(agent, f"/inbox/{conversation.pk}/")
    choices = page.get_by_role("list", name="Choices").get_by_role("listitem")
    expect(choices).to_have_text(["Price of delivery", "None of these"])
    expect(page.get_by_role("button", name="Right", exact=True)).to_have_count(0)
