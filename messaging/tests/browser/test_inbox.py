"""The inbox in a real browser, before a real server."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from AI_model.services.indexing import build_index
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import send_support_message
from messaging.tests.browser.conftest import Complaints, Site
from messaging.tests.inbox_data import customer_says, with_fate
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)
OpenInbox = Callable[..., Page]


def opened(open_inbox: OpenInbox, user: User, conversation: Conversation) -> Page:
    page = open_inbox(user, f"/inbox/{conversation.pk}/")
    expect(page.locator("#messages .message").first).to_be_visible()
    return page


def live(page: Page) -> Page:
    """The page once its socket is open, so that a hint can't come too early."""
    expect(page.locator("body")).to_have_attribute("data-live", "on")
    return page


def test_views_and_search_narrow_the_list_and_stand_in_the_address(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    customer_says(webchat_channel, "Do you sell helmets?", name="Ida Berg")
    look = customer_says(webchat_channel, "My order is lost", name="Jan Haas")
    Conversation.objects.filter(pk=look.pk).update(needs_a_look=True)
    page = open_inbox(agent)
    expect(page.locator("#rows .name")).to_have_text(["Jan Haas", "Ida Berg"])

    page.get_by_role("link", name="Needs a look 1").click()
    expect(page.locator("#rows .name")).to_have_text(["Jan Haas"])
    assert "view=look" in page.url

    page.get_by_role("link", name="Open", exact=True).click()
    page.fill("#q", "helmets")
    expect(page.locator("#rows .name")).to_have_text(["Ida Berg"])
    page.reload()
    expect(page.locator("#rows .name")).to_have_text(["Ida Berg"])


def test_enter_sends_and_shift_enter_breaks_the_line(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    page = opened(open_inbox, agent, conversation)

    page.click("#answer")
    page.keyboard.type("Good morning")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("What can I do for you?")
    page.keyboard.press("Enter")

    bubble = page.locator(".message.support .bubble")
    expect(bubble).to_have_text("Good morning\nWhat can I do for you?")
    expect(page.locator("#answer")).to_have_value("")
    expect(page.locator(".message.support .delivery")).to_have_text("Waiting to be sent")
    said = Message.objects.get(type="support")
    assert said.text == "Good morning\nWhat can I do for you?"


def test_t_takes_over_and_puts_the_cursor_into_the_answer_box(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    assert conversation.status == "active"
    page = opened(open_inbox, agent, conversation)
    expect(page.locator(".state")).to_contain_text("AI answers")

    page.keyboard.press("t")

    expect(page.locator(".state")).to_contain_text("You answer")
    expect(page.locator("#answer")).to_be_focused()
    expect(page.get_by_role("button", name="Give back to AI")).to_be_visible()
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assigned_to) == ("support_active", agent)


def test_the_list_is_walked_and_handled_by_keys(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    first = customer_says(webchat_channel, "One", name="Ida Berg")
    customer_says(webchat_channel, "Two", name="Jan Haas")
    page = open_inbox(agent)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".whom h2")).to_have_text("Ida Berg")
    assert f"/inbox/{first.pk}/" in page.url

    page.keyboard.press("e")
    expect(page.locator("#rows .name")).to_have_text(["Jan Haas"])
    first.refresh_from_db()
    assert first.status == "closed"


def test_a_customers_words_appear_without_a_reload(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    page = live(opened(open_inbox, agent, conversation))

    customer_says(webchat_channel, "Are you there?")
    customer_says(webchat_channel, "A new question", name="Jan Haas")

    expect(page.locator(".message.customer .bubble")).to_have_text(["Hello", "Are you there?"])
    expect(page.locator("#rows .name")).to_have_text(["Jan Haas", "Ida Berg"])
    expect(page.locator("#announce")).to_have_text("Ida Berg: Are you there?")


def test_after_a_lost_connection_the_page_has_everything_and_the_draft_is_kept(
    open_inbox: OpenInbox, site: Site, owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    page = live(opened(open_inbox, agent, conversation))
    page.fill("#answer", "Half an answer")

    site.stop()
    expect(page.locator("#connection")).to_be_visible()
    page.press("#answer", "Enter")
    expect(page.locator("#answer-refusal")).to_contain_text("can't be reached")
    customer_says(webchat_channel, "Said while you were away")
    site.start()

    expect(page.locator(".message.customer .bubble")).to_have_text(
        ["Hello", "Said while you were away"], timeout=30_000
    )
    expect(page.locator("#connection")).to_be_hidden()
    expect(page.locator("#answer")).to_have_value("Half an answer")


def test_new_words_do_not_move_what_is_read_but_are_told_of(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    for number in range(40):
        conversation = customer_says(webchat_channel, f"Line {number}")
    page = live(opened(open_inbox, agent, conversation))
    page.evaluate("document.getElementById('scroll').scrollTop = 100")
    expect(page.locator("#pill")).to_be_hidden()

    customer_says(webchat_channel, "And one more")
    expect(page.locator("#pill")).to_have_text("1 new")
    assert page.evaluate("document.getElementById('scroll').scrollTop") == 100

    page.click("#pill")
    expect(page.locator("#pill")).to_be_hidden()
    expect(page.locator(".message", has_text="And one more")).to_be_in_viewport()


def test_an_uncertain_message_can_be_sent_again(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    message = send_support_message(conversation=conversation, user=agent, text="Hi")
    message.chunks.update(state="uncertain")
    with_fate(message, "uncertain", code="interrupted", detail="It may have arrived.")
    page = opened(open_inbox, agent, conversation)

    page.get_by_role("button", name="Send again?").click()

    expect(page.locator(".message.support .delivery")).to_have_text("Waiting to be sent")


def test_a_refusal_stands_beside_the_words_and_keeps_them(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    page = live(opened(open_inbox, agent, conversation))
    page.fill("#answer", "Good morning")
    Channel.objects.update(is_active=False)

    page.press("#answer", "Enter")

    expect(page.locator("#answer-refusal")).to_contain_text("switched off")
    expect(page.locator("#answer")).to_have_value("Good morning")


def test_a_draft_belongs_to_its_conversation_and_survives_a_reload(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    customer_says(webchat_channel, "One", name="Ida Berg")
    customer_says(webchat_channel, "Two", name="Jan Haas")
    page = open_inbox(agent)
    page.click("#rows >> text=Ida Berg")
    page.fill("#answer", "For Ida")
    page.click("#rows >> text=Jan Haas")
    expect(page.locator(".whom h2")).to_have_text("Jan Haas")
    expect(page.locator("#answer")).to_have_value("")

    page.click("#rows >> text=Ida Berg")
    expect(page.locator("#answer")).to_have_value("For Ida")
    page.reload()
    expect(page.locator("#answer")).to_have_value("For Ida")


def test_a_suggestion_is_used_with_one_click(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    suggestion = {"text": "Good morning, Ida.", "citations": [], "upto_seq": 1}
    Conversation.objects.filter(pk=conversation.pk).update(suggestion=suggestion)
    page = opened(open_inbox, agent, conversation)

    page.get_by_role("button", name="Use it").click()

    expect(page.locator("#answer")).to_have_value("Good morning, Ida.")


def test_whoever_answers_can_ask_for_a_suggestion(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    KnowledgeEntry.objects.create(
        business=webchat_channel.business,
        question="Do you sell helmets?",
        answer="Yes, from 40 euros.",
    )
    build_index(business_id=webchat_channel.business_id, apart=False)
    conversation = customer_says(webchat_channel, "Do you sell helmets?")
    page = live(opened(open_inbox, agent, conversation))
    suggest = page.get_by_role("button", name="Suggest", exact=True)
    expect(suggest).to_be_hidden()
    page.get_by_role("button", name="Take over", exact=True).click()
    suggest.click()
    expect(page.locator("[data-suggested]")).to_contain_text("Yes, from 40 euros.")
    expect(suggest).to_have_attribute("aria-busy", "false")

    customer_says(webchat_channel, "Which bishop was born in Arequipa?")
    expect(page.locator("#messages")).to_contain_text("Arequipa")
    expect(page.locator("[data-suggested]")).to_be_hidden()
    suggest.click()
    expect(page.locator("#answer-refusal")).to_have_text("Nothing in your knowledge answers this.")


def test_a_suggestion_that_takes_long_shows_it_and_a_failure_is_said_in_plain_words(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    Conversation.objects.update(status="support_active")
    page = opened(open_inbox, agent, conversation)
    waiting: list[Route] = []
    page.route("**/suggest/", lambda route: waiting.append(route))
    page.get_by_role("button", name="Suggest", exact=True).click()
    button = page.get_by_role("button", name="Suggesting…")
    expect(button).to_have_attribute("aria-busy", "true")
    button.click(force=True)

    assert len(waiting) == 1
    waiting[0].abort()
    expect(page.locator("#answer-refusal")).to_contain_text("The server can't be reached.")
    expect(page.get_by_role("button", name="Suggest", exact=True)).to_be_visible()


def test_a_phone_shows_one_pane_at_a_time_with_a_way_back(
    open_inbox: OpenInbox, owner: User, agent: User, webchat_channel: Channel
) -> None:
    customer_says(webchat_channel, "Hello")
    page = open_inbox(agent)
    page.set_viewport_size({"width": 390, "height": 844})
    page.click("#rows >> text=Ida Berg")
    expect(page.locator(".list-pane")).to_be_hidden()

    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".list-pane")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/inbox/\??$"))
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_no_page_breaks_the_content_security_policy(
    open_inbox: OpenInbox, complaints: Complaints, owner: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "<b onclick=alert(1)>Hello</b>")
    page = live(opened(open_inbox, owner, conversation))
    page.keyboard.press("t")
    expect(page.locator(".state")).to_contain_text("You answer")
    page.fill("#answer", "Hello")
    page.press("#answer", "Enter")
    expect(page.locator(".message.support")).to_be_visible()
    page.goto(page.url.split("/inbox/")[0] + "/")

    assert complaints == []
