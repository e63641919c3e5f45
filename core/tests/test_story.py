"""The whole story on the stack that a newcomer starts: a customer here, an agent there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.env import ROOT
from core.supervisor.children import stop
from core.testing.chromium import MISSING, find_chromium
from core.tests.test_supervisor import FROM_OUTSIDE, free_port

pytestmark = pytest.mark.once

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
OWNER, PASSWORD = "demo", "harbour-lane-owner"
ANSWERABLE = "How much is delivery to Norway?"
UNANSWERABLE = "Which bishop was born in Arequipa?"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`manage.py up` with the demo business, until it says that it is ready."""
    folder, port = tmp_path_factory.mktemp("story"), free_port()
    environment = {k: v for k, v in os.environ.items() if k not in FROM_OUTSIDE and v}
    environment |= {"DATA_DIR": str(folder / "var"), "PORT": str(port), "DEMO": "1"}
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 120
    while "Ready:" not in log.read_text():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    stop(process, grace=15)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    assert path is not None, MISSING
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Window:
    """One person's browser window, with everything its console complained about."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)

    def picture(self, name: str) -> None:
        """Kept only when PICTURES names a folder, for the documents."""
        if folder := os.environ.get("PICTURES"):
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


def open_as_customer(browser: Browser, address: str) -> Window:
    window = Window(browser)
    window.page.goto(f"{address}/widget/demo/")
    window.page.locator("deskbell-chat .launcher").click()
    return window


def open_as_owner(browser: Browser, address: str) -> Window:
    window = Window(browser)
    window.page.goto(f"{address}/inbox/")
    window.page.fill("input[name=username]", OWNER)
    window.page.fill("input[name=password]", PASSWORD)
    window.page.keyboard.press("Enter")
    window.page.wait_for_url("**/inbox/**")
    return window


def write(window: Window, text: str) -> None:
    box = window.page.locator("deskbell-chat textarea")
    box.fill(text)
    box.press("Enter")


def test_a_customer_is_answered_handed_over_taken_over_and_given_back(
    browser: Browser, address: str
) -> None:
    expect.set_options(timeout=20_000)
    customer, agent = open_as_customer(browser, address), open_as_owner(browser, address)
    said = customer.page.locator("deskbell-chat .log")
    thread = agent.page.locator("#open")

    write(customer, ANSWERABLE)
    expect(said.locator(".AI").last).to_contain_text("Norway")
    newest = agent.page.locator(".row-item").first
    expect(newest).to_contain_text("Visitor")
    newest.locator("a").click()
    answer = thread.locator(".message.ai").last
    expect(answer).to_contain_text("Norway")
    expect(answer.locator(".chip").first).to_be_visible()
    answer.locator(".why").click()
    expect(answer.locator(".reasons")).to_contain_text("embedded")
    customer.picture("widget-answered")
    agent.picture("inbox-answered")

    write(customer, UNANSWERABLE)
    expect(said.locator(".AI").last).to_contain_text("colleague")
    expect(thread).to_contain_text("Handed over")
    expect(thread).to_contain_text(UNANSWERABLE)
    agent.picture("inbox-handed-over")

    agent.page.get_by_role("button", name="Take over", exact=True).click()
    expect(agent.page.get_by_role("button", name="Give back")).to_be_visible()
    write(customer, ANSWERABLE)
    expect(thread.locator(".message.customer").last).to_contain_text("Norway")
    agent.page.wait_for_timeout(3_000)
    expect(said.locator(".AI").last).to_contain_text("colleague")

    box = agent.page.locator("#open textarea")
    box.fill("This is Joris from the shop. Norway is 95 euros.")
    box.press("Enter")
    expect(said).to_contain_text("This is Joris from the shop.")
    expect(thread.locator(".message.support").last).to_contain_text("Joris from the shop")
    customer.picture("widget-person")

    agent.page.get_by_role("button", name="Give back").click()
    expect(thread).to_contain_text("gave it back to the AI")
    before = said.locator(".AI").count()
    write(customer, "And what are your opening hours?")
    expect(said.locator(".AI")).to_have_count(before + 1)
    expect(said.locator(".AI").last).to_contain_text("Saturday")

    customer.page.reload()
    customer.page.locator("deskbell-chat .launcher").click()
    expect(said).to_contain_text("This is Joris from the shop.")
    assert customer.complaints == [] and agent.complaints == []
