"""The web chat in a real browser, as a visitor of somebody's page meets it."""

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.conf import LazySettings
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect

from accounts.models import User
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import return_to_ai, send_support_message, take_over
from messaging.services.delivery import deliver
from messaging.tests.browser.conftest import Complaints, Site
from messaging.webchat.script import snippet

pytestmark = pytest.mark.django_db(transaction=True)

OpenShop = Callable[[], Page]


class Shop(ThreadingHTTPServer):
    """Somebody's page on an origin of its own; its policy lets in the widget and nothing else."""

    def __init__(self, script: str, policy: str) -> None:
        super().__init__(("127.0.0.1", 0), ShopPage)
        self.page = f"<!doctype html><title>Shop</title><h1>A shop</h1>{script}".encode()
        self.policy = policy


class ShopPage(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/" else 204)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        if self.path == "/":
            self.wfile.write(self.server.page)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def shop(site: Site, webchat_channel: Channel, settings: LazySettings) -> Iterator[str]:
    settings.PUBLIC_URL = site.url
    sockets = site.url.replace("http", "ws")
    policy = (
        f"default-src 'none'; script-src {site.url}; connect-src {site.url} {sockets}; "
        "require-trusted-types-for 'script'"
    )
    server = Shop(snippet(webchat_channel), policy)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def open_shop(context: BrowserContext, shop: str, complaints: Complaints) -> OpenShop:
    def open_page() -> Page:
        page = context.new_page()
        complaints.watch(page)
        page.goto(shop)
        return page

    return open_page


def open_chat(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Chat with us")).click()
    expect(page.get_by_role("textbox", name="Write a message")).to_be_visible()


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Write a message").fill(text)
    page.keyboard.press("Enter")


def answer(conversation: Conversation, user: User, text: str) -> None:
    send_support_message(conversation=conversation, user=user, text=text)
    deliver(conversation_id=conversation.id)


def said(page: Page, speaker: str) -> list[str]:
    return page.locator(f"deskbell-chat .said.{speaker} .words").all_inner_texts()


def test_a_person_joins_answers_and_leaves_before_the_visitors_eyes(
    open_shop: OpenShop, owner: User, agent: User, complaints: Complaints
) -> None:
    page = open_shop()
    open_chat(page)
    expect(page.locator(".status")).to_have_text("You are talking to our assistant")
    write(page, "Do you sell <b>boats</b>?")
    expect(page.locator(".said.customer .meta")).to_have_text(re.compile("^Sent"))
    conversation = Conversation.objects.get()
    take_over(conversation=conversation, user=agent)
    expect(page.locator(".status")).to_have_text("A person has joined")
    answer(conversation, agent, "Two of them: http://shop.example/boats.")
    expect(page.locator(".said.support .words")).to_contain_text("Two of them")
    link = page.get_by_role("link", name="http://shop.example/boats")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    return_to_ai(conversation=conversation, user=agent)
    expect(page.locator(".note").last).to_have_text("You are talking to our assistant again")
    assert said(page, "customer") == ["Do you sell <b>boats</b>?"]
    assert complaints == []


def test_the_talk_goes_on_after_a_reload_and_counts_what_came(
    open_shop: OpenShop, agent: User
) -> None:
    page = open_shop()
    open_chat(page)
    write(page, "Hello")
    expect(page.locator(".said.customer .meta")).to_have_text(re.compile("^Sent"))
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_role("button", name="Chat with us")).to_be_visible()
    answer(Conversation.objects.get(), agent, "Good morning")
    expect(page.get_by_role("button", name="Chat with us, 1 new message")).to_be_visible()
    open_chat(page)
    assert (said(page, "customer"), said(page, "support")) == (["Hello"], ["Good morning"])
    write(page, "And to you")
    expect(page.locator(".said.customer")).to_have_count(2)
    assert Conversation.objects.count() == 1


def test_what_is_written_while_the_server_is_away_is_sent_once(
    open_shop: OpenShop, site: Site
) -> None:
    page = open_shop()
    open_chat(page)
    write(page, "first")
    expect(page.locator(".said.customer .meta")).to_have_text(re.compile("^Sent"))
    site.stop()
    try:
        write(page, "second")
        write(page, "third")
        expect(page.get_by_text("Waiting to be sent")).to_have_count(2)
        expect(page.locator(".offline")).to_contain_text("No connection")
    finally:
        site.start()
    expect(page.locator(".said.customer .meta").last).to_have_text(
        re.compile("^Sent"), timeout=40_000
    )
    expect(page.locator(".offline")).to_be_empty()
    texts = Message.objects.filter(type="customer").order_by("seq").values_list("text", flat=True)
    assert list(texts) == ["first", "second", "third"] == said(page, "customer")


def test_unsent_words_outlive_a_reload(
    open_shop: OpenShop, context: BrowserContext, site: Site
) -> None:
    page = open_shop()
    open_chat(page)
    write(page, "first")
    expect(page.locator(".said.customer .meta")).to_have_text(re.compile("^Sent"))
    messages = f"{site.url}/widget/*/messages/*"
    context.route(messages, lambda route: route.abort())
    write(page, "kept")
    expect(page.get_by_text("Waiting to be sent")).to_be_visible()
    context.unroute(messages)
    page.reload()
    expect(page.locator(".said.customer")).to_have_count(2)
    expect(page.locator(".said.customer .meta").last).to_have_text(re.compile("^Sent"))
    assert Message.objects.filter(text="kept").count() == 1


def test_without_a_socket_the_chat_asks_by_http(
    open_shop: OpenShop, context: BrowserContext, agent: User
) -> None:
    def refuse(socket: WebSocketRoute) -> None:
        socket.close(code=1011)

    context.route_web_socket(re.compile("/ws/widget/"), refuse)
    page = open_shop()
    open_chat(page)
    write(page, "Hello")
    expect(page.locator(".said.customer .meta")).to_have_text(re.compile("^Sent"))
    answer(Conversation.objects.get(), agent, "Good morning")
    expect(page.locator(".said.support .words")).to_have_text("Good morning")


class HeldSocket:
    """Keeps what the server tells a widget until the test lets it through."""

    def __init__(self, context: BrowserContext) -> None:
        self.frames: list[dict[str, Any]] = []
        self.sockets: list[WebSocketRoute] = []
        context.route_web_socket(re.compile("/ws/widget/"), self._hold)

    def _hold(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda frame: self.frames.append(json.loads(frame)))
        self.sockets.append(socket)
        server.send('{"type": "ping"}')

    def wait_for(self, page: Page, wanted: Callable[[dict[str, Any]], bool]) -> None:
        for _ in range(300):
            if any(wanted(frame) for frame in self.frames):
                return
            page.wait_for_timeout(50)
        raise AssertionError(f"not among {self.frames}")

    def let_through_backwards(self) -> None:
        told = [frame for frame in self.frames if "id" in frame]
        for frame in sorted(told, key=lambda frame: -int(frame["id"])):
            self.sockets[-1].send(json.dumps(frame))


def test_news_that_overtake_each_other_leave_the_newest_standing(
    context: BrowserContext, open_shop: OpenShop, agent: User
) -> None:
    held = HeldSocket(context)
    page = open_shop()
    open_chat(page)
    held.wait_for(page, lambda frame: frame["type"] == "pong")
    write(page, "Hello")
    expect(page.locator(".said.customer .meta")).to_have_text(re.compile("^Sent"))
    conversation = Conversation.objects.get()
    for change in (take_over, return_to_ai, take_over):
        change(conversation=conversation, user=agent)
    conversation.refresh_from_db()
    held.wait_for(page, lambda frame: frame.get("id", 0) >= conversation.revision)
    held.let_through_backwards()
    expect(page.locator(".status")).to_have_text("A person has joined")
    page.wait_for_timeout(200)
    assert page.locator(".status").inner_text() == "A person has joined"


def test_on_a_phone_the_chat_fills_the_screen_and_closes_again(
    open_shop: OpenShop, agent: User
) -> None:
    page = open_shop()
    page.set_viewport_size({"width": 390, "height": 700})
    open_chat(page)
    box = page.locator("deskbell-chat .sheet").bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 700)
    page.get_by_role("button", name="Close the chat").click()
    expect(page.get_by_role("button", name="Chat with us")).to_be_focused()


def test_too_many_words_are_not_sent_and_counted(open_shop: OpenShop) -> None:
    page = open_shop()
    open_chat(page)
    page.get_by_role("textbox", name="Write a message").fill("x" * 4001)
    expect(page.locator(".room")).to_have_text("4,001 of 4,000")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()


def test_the_demo_shop_runs_under_our_own_policy(
    context: BrowserContext, site: Site, complaints: Complaints, webchat_channel: Channel
) -> None:
    webchat_channel.settings = {"demo": True}
    webchat_channel.save()
    page = context.new_page()
    complaints.watch(page)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(f"{site.url}/widget/demo/")
    open_chat(page)
    write(page, "Hello")
    expect(page.locator(".said.customer .meta")).to_have_text(re.compile("^Sent"))
    assert len(sockets) == 1
    assert complaints == []
