"""Folders, names, searching and deleting, and a customer's conversation beside a chat."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from ai_chat.models import AIChat, AIMessage
from ai_chat.services.chats import start_chat
from ai_chat.services.folders import create_folder
from AI_model.testing.model_server import ModelServer
from messaging.models import Channel
from messaging.tests.browser.conftest import Complaints
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db(transaction=True)
OpenChat = Callable[..., Page]


def folder_of(chat: AIChat) -> str:
    chat.refresh_from_db()
    return chat.folder.name if chat.folder else ""


def test_a_chat_is_dragged_into_a_folder_and_moved_out_by_keys(
    open_chat: OpenChat, agent: User
) -> None:
    chat = start_chat(user=agent, title="Refund wording")
    page = open_chat(agent, "/chat/")
    page.get_by_role("button", name="New folder").click()
    page.get_by_role("textbox", name="Name").fill("Answers")
    page.keyboard.press("Enter")
    expect(page.locator(".folder summary .name")).to_have_text("Answers")

    page.locator(f"#chat-{chat.pk}").drag_to(page.locator(".folder summary"))
    expect(page.locator(f".folder #chat-{chat.pk}")).to_be_attached()
    assert folder_of(chat) == "Answers"

    page.locator(".folder summary").press("Enter")
    page.get_by_role("button", name="Actions for Refund wording").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="No folder").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f'[data-drop=""] #chat-{chat.pk}')).to_be_visible()
    assert folder_of(chat) == ""


def test_a_folder_is_renamed_and_deleted_and_its_chats_stay(
    open_chat: OpenChat, agent: User
) -> None:
    folder = create_folder(user=agent, name="Old")
    chat = start_chat(user=agent, title="Refund wording", folder=folder)
    page = open_chat(agent, "/chat/")
    page.get_by_role("button", name="Actions for folder Old").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="Name").fill("New")
    page.keyboard.press("Enter")
    expect(page.locator(".folder summary .name")).to_have_text("New")

    page.get_by_role("button", name="Actions for folder New").click()
    page.get_by_role("menuitem", name="Delete the folder").click()
    expect(page.locator(".folder")).to_have_count(0)
    expect(page.locator(f'[data-drop=""] #chat-{chat.pk}')).to_be_visible()


def test_a_chat_is_renamed_deleted_and_brought_back(open_chat: OpenChat, agent: User) -> None:
    chat = start_chat(user=agent, title="First name")
    page = open_chat(agent, f"/chat/{chat.pk}/")
    page.get_by_role("button", name="Actions for this chat").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.get_by_role("textbox", name="Title").last.fill("Second name")
    page.keyboard.press("Enter")
    expect(page.locator("#top h2")).to_have_text("Second name")
    expect(page.locator(".chat-row .name")).to_have_text("Second name")

    page.get_by_role("button", name="Actions for this chat").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.locator(".chat-row")).to_have_count(0)
    expect(page.locator("#open")).to_contain_text("No chat is open")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#top h2")).to_have_text("Second name")
    chat.refresh_from_db()
    assert chat.deleted_at is None


def test_search_finds_titles_and_words(open_chat: OpenChat, agent: User) -> None:
    start_chat(user=agent, title="Helmets")
    brakes = start_chat(user=agent, title="Brakes")
    AIMessage.objects.create(
        business=brakes.business, chat=brakes, position=1, role="user", content="They squeak a lot"
    )
    page = open_chat(agent, "/chat/")
    page.fill("#q", "squeak")
    expect(page.locator(".chat-row .name")).to_have_text(["Brakes"])
    expect(page.locator(".chat-row .words")).to_have_text("They squeak a lot")
    page.fill("#q", "helm")
    expect(page.locator(".chat-row .name")).to_have_text(["Helmets"])
    page.fill("#q", "nothing like it")
    expect(page.locator("#list-body")).to_contain_text("No chat of yours holds these words")


def test_a_customers_conversation_is_attached_read_and_answered_by_a_draft(
    open_chat: OpenChat,
    agent: User,
    owner: User,
    webchat_channel: Channel,
    model: ModelServer,
) -> None:
    customer_says(webchat_channel, "My order is late", name="Jan Haas")
    conversation = customer_says(webchat_channel, "My wheel is bent", name="Ida Berg")
    page = open_chat(agent)
    page.get_by_role("button", name="Attach a conversation").click()
    page.fill("#find-conversation", "wheel")
    expect(page.locator("[data-choose] .name")).to_have_text(["Ida Berg"])
    page.locator("[data-choose]").click()
    expect(page.locator("#attached")).to_contain_text("Ida Berg")

    page.fill("#ask", "What do I answer?")
    page.press("#ask", "Enter")
    expect(page.locator('.turn.ai[data-state="done"]')).to_be_visible()
    assert "My wheel is bent" in str(model.calls[0].body)
    answer = AIMessage.objects.get(role="assistant").content

    page.get_by_role("button", name="Insert as draft").click()
    page.wait_for_url(f"**/inbox/{conversation.pk}/**")
    expect(page.locator("[data-suggested]")).to_contain_text(answer)


def test_a_phone_shows_one_pane_at_a_time_and_nothing_is_wider_than_it(
    open_chat: OpenChat, agent: User, model: ModelServer, complaints: Complaints
) -> None:
    wide = "| a | b |\n|---|---|\n| " + "x" * 200 + " | y |\n\n```\n" + "z" * 300 + "\n```"
    model.behave("ok", text=wide)
    page = open_chat(agent)
    page.set_viewport_size({"width": 390, "height": 844})
    page.fill("#ask", "Something wide")
    page.press("#ask", "Enter")
    expect(page.locator('.turn.ai[data-state="done"] pre')).to_be_visible()
    expect(page.locator(".list-pane")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".list-pane")).to_be_visible()
    expect(page.locator(".open-pane")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert complaints == []


def test_a_chat_that_is_left_in_mid_answer_is_asked_nothing_more(
    open_chat: OpenChat, agent: User, model: ModelServer, complaints: Complaints
) -> None:
    model.behave("ok", text="*word* " * 30, words=1, pause=0.1)
    page = open_chat(agent)
    page.set_viewport_size({"width": 390, "height": 844})
    page.fill("#ask", "Something long")
    page.press("#ask", "Enter")
    expect(page.locator('.turn.ai[data-state="streaming"] em').first).to_be_visible()

    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".open-pane")).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1_000)
    assert [address for address in asked if "/turns/" in address] == []
    expect(page.locator("body")).not_to_have_attribute("data-live", "on")
    assert complaints == []


def test_earlier_turns_come_when_one_scrolls_up(open_chat: OpenChat, agent: User) -> None:
    chat = start_chat(user=agent, title="Long")
    parent = None
    for n in range(130):
        role = "assistant" if n % 2 else "user"
        parent = AIMessage.objects.create(
            business=chat.business,
            chat=chat,
            position=n + 1,
            parent=parent,
            role=role,
            content=f"turn {n}",
        )
    AIChat.objects.filter(pk=chat.pk).update(active_leaf=parent)
    page = open_chat(agent, f"/chat/{chat.pk}/")
    expect(page.locator(".turn")).to_have_count(50)
    expect(page.locator(".turn").last).to_be_in_viewport()
    for count in (100, 130):
        page.evaluate("document.getElementById('scroll').scrollTop = 0")
        expect(page.locator(".turn")).to_have_count(count)
    expect(page.locator(".turn").first).to_contain_text("turn 0")
    expect(page.get_by_role("button", name="Show earlier turns")).to_be_hidden()
