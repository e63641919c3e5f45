"""A person and a model, in a real browser before a real server."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from ai_chat.models import AIChat, AIMessage
from AI_model.testing.model_server import ModelServer
from messaging.tests.browser.conftest import Complaints

pytestmark = pytest.mark.django_db(transaction=True)
OpenChat = Callable[..., Page]
SLOW = {"text": " ".join(f"word{n}" for n in range(400)), "pause": 0.1, "words": 1}


def ask(page: Page, words: str) -> None:
    page.fill("#ask", words)
    page.press("#ask", "Enter")


def answers(page: Page, state: str = "done") -> Locator:
    return page.locator(f'.turn.ai[data-state="{state}"] .prose')


def test_words_appear_while_they_come_and_end_as_sanitised_markdown(
    open_chat: OpenChat, agent: User, model: ModelServer, complaints: Complaints
) -> None:
    text = "A **bold** word.\n\n- one\n- two\n\n```python\nprint(1)\n```\n<script>alert(1)</script>"
    model.behave("ok", text=text, words=1, pause=0.15)
    page = open_chat(agent)
    page.fill("#ask", "First line")
    page.press("#ask", "Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")

    expect(page.locator(".turn.person .plain")).to_have_text("First line\nsecond line")
    expect(answers(page, "streaming")).to_contain_text("word.")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    expect(answers(page)).to_have_count(1)
    expect(answers(page).locator("strong")).to_have_text("bold")
    expect(answers(page).locator("li")).to_have_text(["one", "two"])
    assert page.locator(".prose script").count() == 0

    page.get_by_role("button", name="Copy the python code").click()
    assert page.evaluate("navigator.clipboard.readText()") == "print(1)"
    page.get_by_role("button", name="Details").click()
    expect(page.locator(".facts")).to_contain_text("Tokens")
    assert complaints == []


def test_stopping_keeps_what_has_come_and_asking_again_adds_a_version(
    open_chat: OpenChat, agent: User, model: ModelServer
) -> None:
    model.behave("ok", **SLOW)
    page = open_chat(agent)
    ask(page, "Count")
    expect(answers(page, "streaming")).to_contain_text("word3")
    page.get_by_role("button", name="Stop", exact=True).click()

    expect(page.locator(".ending")).to_contain_text("Stopped")
    kept = AIMessage.objects.get(role="assistant")
    assert kept.state == "stopped" and "word3" in kept.content

    model.reset()
    page.get_by_role("button", name="Ask again").click()
    expect(answers(page)).to_have_text("Answer to: Count")
    expect(page.locator(".turn.ai .branches")).to_contain_text("2 of 2")
    page.get_by_role("button", name="Previous version").click()
    expect(answers(page, "stopped")).to_contain_text("word3")
    expect(page.locator(".turn.ai .branches")).to_contain_text("1 of 2")


def test_a_page_that_comes_back_in_mid_answer_shows_what_came_and_goes_on(
    open_chat: OpenChat, agent: User, model: ModelServer
) -> None:
    model.behave("ok", **SLOW)
    page = open_chat(agent)
    ask(page, "Count")
    expect(answers(page, "streaming")).to_contain_text("word4")

    page.reload()
    expect(answers(page, "streaming")).to_contain_text("word0 word1 word2 word3 word4")
    expect(answers(page, "streaming")).to_contain_text("word12")
    said = page.locator(".prose").inner_text().split()
    assert said == [f"word{n}" for n in range(len(said))], "no word twice, none left out"
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".ending")).to_contain_text("Stopped")


def test_an_edited_question_is_a_branch_that_one_walks_back_from(
    open_chat: OpenChat, agent: User, model: ModelServer
) -> None:
    page = open_chat(agent)
    ask(page, "Red?")
    expect(answers(page)).to_have_text("Answer to: Red?")
    ask(page, "And then?")
    expect(answers(page)).to_have_count(2)

    page.locator(".turn.person").first.hover()
    page.get_by_role("button", name="Edit").first.click()
    page.locator(".edit textarea").fill("Blue?")
    page.locator(".edit textarea").press("Enter")
    expect(answers(page)).to_have_text(["Answer to: Blue?"])
    expect(page.locator(".turn.person .branches")).to_contain_text("2 of 2")

    page.get_by_role("button", name="Previous version").click()
    expect(answers(page)).to_have_text(["Answer to: Red?", "Answer to: And then?"])
    page.reload()
    expect(answers(page)).to_have_text(["Answer to: Red?", "Answer to: And then?"])


def test_deleting_a_turn_asks_what_becomes_of_those_below(
    open_chat: OpenChat, agent: User, model: ModelServer
) -> None:
    page = open_chat(agent)
    for count, words in enumerate(("One", "Two"), 1):
        ask(page, words)
        expect(answers(page)).to_have_count(count)
    page.locator(".turn.person").first.hover()
    page.get_by_role("button", name="Delete", exact=True).first.click()
    page.get_by_role("button", name="Delete this and the 3 below").click()

    expect(page.locator(".turn")).to_have_count(0)
    assert AIMessage.objects.count() == 0


def test_an_answer_that_fails_says_why_and_can_be_asked_again(
    open_chat: OpenChat, agent: User, model: ModelServer
) -> None:
    model.behave("bad_key")
    page = open_chat(agent)
    ask(page, "Hello")
    expect(page.locator(".ending.failed")).to_contain_text("key")
    model.reset()
    page.get_by_role("button", name="Ask again").click()
    expect(answers(page)).to_have_text("Answer to: Hello")


def test_a_second_tab_follows(open_chat: OpenChat, agent: User, model: ModelServer) -> None:
    first = open_chat(agent)
    second = open_chat(agent, "/chat/")
    expect(second).to_have_url(first.url)
    ask(first, "Hello there")
    expect(second.locator(".turn.person .plain")).to_have_text("Hello there")
    expect(answers(second)).to_have_text("Answer to: Hello there")


def test_a_draft_belongs_to_its_chat_and_survives_a_reload(
    open_chat: OpenChat, agent: User, model: ModelServer
) -> None:
    page = open_chat(agent)
    ask(page, "Hello")
    expect(answers(page)).to_have_count(1)
    page.fill("#ask", "Half a question")
    page.locator("#list [data-new]").click()
    expect(page.locator("#welcome")).to_contain_text("Ask anything")
    expect(page.locator("#ask")).to_have_value("")
    page.locator(".chat-row > a").nth(1).click()
    expect(page.locator("#ask")).to_have_value("Half a question")
    page.reload()
    expect(page.locator("#ask")).to_have_value("Half a question")


def test_a_chat_is_exported_as_markdown_and_json_and_printed(
    open_chat: OpenChat, agent: User, model: ModelServer, tmp_path: Path
) -> None:
    page = open_chat(agent)
    ask(page, "Put this on paper")
    expect(answers(page)).to_have_count(1)
    for kind in ("Markdown", "JSON"):
        page.get_by_role("button", name="Actions for this chat").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=kind).click()
        assert "Answer to: Put this on paper" in download.value.path().read_text()

    page.add_init_script("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name="Actions for this chat").click()
    page.get_by_role("menuitem", name="Print or PDF").click()
    page.wait_for_url(re.compile(f"/chat/{AIChat.objects.get().pk}/print/$"))
    page.wait_for_function("window.printed")
    expect(page.locator("article")).to_contain_text("Answer to: Put this on paper")
    paper = page.pdf(path=str(tmp_path / "chat.pdf"))
    assert paper.startswith(b"%PDF") and len(paper) > 5_000
