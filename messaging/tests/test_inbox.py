"""The inbox's pages over HTTP: what they show, to whom, and what they cost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from messaging.inbox.filters import InboxFilters
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import close_conversation, send_support_message
from messaging.tests.inbox_data import customer_says, with_fate

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true"}


@pytest.fixture
def desk(agent: User, owner: User) -> Client:
    """The agent's browser."""
    return browser_of(agent)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def names(client: Client, **query: str) -> list[str]:
    response = client.get("/inbox/list/", query)
    return [row.customer.name for row in response.context["page"].rows]


def queries(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def page_of(client: Client, conversation: Conversation) -> str:
    response = client.get(f"/inbox/{conversation.pk}/")
    assert response.status_code == 200
    return str(response.content, "utf-8")


def test_the_inbox_asks_for_a_log_in_and_brings_the_reader_back(client: Client) -> None:
    response = client.get("/inbox/?view=look")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/inbox/")


def test_a_logged_out_script_is_told_so_instead_of_getting_a_page(
    client: Client, owner: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    response = client.post(f"/inbox/{conversation.pk}/answer/", {"text": "Hi"}, headers=PART)
    assert response.status_code == 401
    assert "what you typed stays" in response.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "messages/"),
        ("post", "answer/"),
        ("post", "take-over/"),
        ("post", "give-back/"),
        ("post", "close/"),
        ("post", "assign/"),
        ("post", "read/"),
    ],
)
def test_another_business_finds_nothing_here(
    method: str, path: str, owner: User, other_owner: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    before = Conversation.objects.values().get()
    theirs = browser_of(other_owner)
    response = getattr(theirs, method)(f"/inbox/{conversation.pk}/{path}", {"text": "Hi"})
    assert response.status_code == 404
    assert Conversation.objects.values().get() == before
    assert names(theirs) == []


def test_the_list_costs_as_many_queries_for_fifty_rows_as_for_three(
    desk: Client, webchat_channel: Channel, agent: User
) -> None:
    for number in range(3):
        customer_says(webchat_channel, "Hello", name=f"Customer {number}")
    Conversation.objects.update(assigned_to=agent)
    few = queries(lambda: desk.get("/inbox/"))
    for number in range(3, 50):
        customer_says(webchat_channel, "Hello", name=f"Customer {number}")
    Conversation.objects.update(assigned_to=agent)
    assert queries(lambda: desk.get("/inbox/")) == few <= 8


def test_a_thread_costs_as_many_queries_for_sixty_messages_as_for_one(
    desk: Client, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    path = f"/inbox/{conversation.pk}/"
    few = queries(lambda: desk.get(path, headers={**PART, "HX-Target": "open"}))
    for number in range(40):
        send_support_message(conversation=conversation, user=agent, text=f"Line {number}")
    many = queries(lambda: desk.get(path, headers={**PART, "HX-Target": "open"}))
    assert many == few


def test_pages_of_the_list_follow_one_another_without_gap_or_overlap(
    desk: Client, webchat_channel: Channel
) -> None:
    expected = [f"Customer {number:03}" for number in range(120)]
    for name in reversed(expected):
        customer_says(webchat_channel, "Hello", name=name)
    found: list[str] = []
    after = ""
    for _ in range(3):
        page = desk.get("/inbox/list/", {"after": after} if after else {}).context["page"]
        found += [row.customer.name for row in page.rows]
        after = page.after
    assert (found, after) == (expected, "")


def test_each_view_shows_what_its_name_says(
    desk: Client, agent: User, webchat_channel: Channel
) -> None:
    customer_says(webchat_channel, "Hello", name="Unread")
    look = customer_says(webchat_channel, "Hello", name="Look")
    Conversation.objects.filter(pk=look.pk).update(needs_a_look=True, unread=0)
    close_conversation(conversation=customer_says(webchat_channel, "Bye", name="Done"), user=agent)

    assert names(desk) == ["Look", "Unread"]
    assert names(desk, view="unread") == ["Unread"]
    assert names(desk, view="look") == ["Look"]
    assert names(desk, view="closed") == ["Done"]
    assert names(desk, view="nonsense") == ["Look", "Unread"]


def test_search_finds_names_and_words_in_closed_conversations_too(
    desk: Client, agent: User, webchat_channel: Channel
) -> None:
    closed = customer_says(webchat_channel, "Where is my HELMET?", name="Ida Berg")
    close_conversation(conversation=closed, user=agent)
    customer_says(webchat_channel, "Hello", name="Jan Haas")
    assert names(desk, q="helmet") == ["Ida Berg"]
    assert names(desk, q="haas") == ["Jan Haas"]
    assert names(desk, q="x\0y") == []


def test_the_list_narrows_to_a_channel_and_to_who_handles_it(
    desk: Client, agent: User, webchat_channel: Channel, telegram_channel: Channel
) -> None:
    customer_says(telegram_channel, "Hello", name="By AI")
    mine = customer_says(webchat_channel, "Hello", name="Mine")
    send_support_message(conversation=mine, user=agent, text="Hi")
    waits = customer_says(webchat_channel, "Hello", name="Waits")
    Conversation.objects.filter(pk=waits.pk).update(status="support_active")

    assert names(desk, channel=telegram_channel.pk) == ["By AI"]
    assert names(desk, assignee="ai") == ["By AI"]
    assert names(desk, assignee="nobody") == ["Waits"]
    assert names(desk, assignee=str(agent.pk)) == ["Mine"]


@pytest.mark.parametrize(
    ("query", "again"),
    [
        ({}, ""),
        ({"view": "open"}, ""),
        ({"view": "look", "q": " two words "}, "view=look&q=two+words"),
        ({"assignee": "ai", "channel": "abc"}, "channel=abc&assignee=ai"),
        ({"assignee": "1 OR 1=1", "view": "<b>"}, ""),
    ],
)
def test_filters_keep_what_they_know_and_give_the_address_back(
    query: dict[str, str], again: str
) -> None:
    assert InboxFilters.read(query).query == again


def test_changes_bring_the_new_messages_and_the_revision_they_lead_to(
    desk: Client, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Ahoy one")
    customer_says(webchat_channel, "Ahoy two")
    address = f"/inbox/{conversation.pk}/messages/"
    body = desk.get(address, {"after": conversation.revision}, headers=PART).content.decode()
    conversation.refresh_from_db()
    assert "Ahoy two" in body and "Ahoy one" not in body
    assert f'data-changes data-revision="{conversation.revision}"' in body


def test_earlier_messages_come_by_their_place(desk: Client, webchat_channel: Channel) -> None:
    conversation = customer_says(webchat_channel, "Ahoy one")
    customer_says(webchat_channel, "Ahoy two")
    second = Message.objects.get(text="Ahoy two")
    address = f"/inbox/{conversation.pk}/messages/"
    body = desk.get(address, {"before": second.seq}, headers=PART).content.decode()
    assert "Ahoy one" in body and "Ahoy two" not in body


def test_answering_without_the_script_comes_back_to_the_conversation(
    desk: Client, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    response = desk.post(f"/inbox/{conversation.pk}/answer/", {"text": "Good morning"})
    assert response["Location"] == f"/inbox/{conversation.pk}/"
    said = Message.objects.get(type="support")
    assert (said.text, said.author, said.delivery) == ("Good morning", agent, "queued")


def test_the_same_send_twice_is_said_once(desk: Client, webchat_channel: Channel) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    answer = {"text": "Good morning", "client_key": "k1"}
    for _ in range(2):
        response = desk.post(f"/inbox/{conversation.pk}/answer/", answer, headers=PART)
        assert response.status_code == 204
    assert Message.objects.filter(type="support").count() == 1


def test_a_refusal_is_one_plain_sentence(desk: Client, webchat_channel: Channel) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    response = desk.post(f"/inbox/{conversation.pk}/answer/", {"text": "  "}, headers=PART)
    assert response.status_code == 400
    assert response.json() == {"detail": "Write something first.", "code": "invalid"}


def test_take_over_give_back_and_close_change_who_answers(
    desk: Client, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    for action, status in [
        ("take-over", "support_active"),
        ("give-back", "active"),
        ("close", "closed"),
    ]:
        desk.post(f"/inbox/{conversation.pk}/{action}/", headers=PART)
        conversation.refresh_from_db()
        assert conversation.status == status


def test_a_colleague_of_another_business_can_not_be_assigned(
    desk: Client, owner: User, stranger: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    address = f"/inbox/{conversation.pk}/assign/"
    assert desk.post(address, {"assignee": stranger.pk}, headers=PART).status_code == 404
    assert desk.post(address, {"assignee": owner.pk}, headers=PART).status_code == 204
    conversation.refresh_from_db()
    assert conversation.assigned_to == owner


def test_reading_moves_no_row_of_the_list(desk: Client, webchat_channel: Channel) -> None:
    first = customer_says(webchat_channel, "Hello", name="First")
    customer_says(webchat_channel, "Hello", name="Second")
    desk.post(f"/inbox/{first.pk}/read/", headers=PART)
    first.refresh_from_db()
    assert first.unread == 0
    assert names(desk) == ["Second", "First"]


@pytest.mark.parametrize(
    ("delivery", "failure", "words", "again"),
    [
        ("queued", {}, "Waiting to be sent", False),
        ("sent", {}, "Sent", False),
        ("failed", {"code": "blocked", "detail": "The customer blocked us."}, "blocked us", True),
        ("failed", {"code": "taken_over", "detail": "Not sent: taken over."}, "Not sent", False),
        ("uncertain", {"code": "interrupted", "detail": ""}, "Perhaps sent", True),
    ],
)
def test_every_fate_of_a_message_is_told(
    delivery: str,
    failure: dict[str, str],
    words: str,
    again: bool,
    desk: Client,
    agent: User,
    webchat_channel: Channel,
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    message = send_support_message(conversation=conversation, user=agent, text="Hi")
    with_fate(message, delivery, **failure)
    page = page_of(desk, conversation)
    assert words in page
    assert (f"{message.pk}/send-again/" in page) is again


def test_customers_words_are_shown_as_words(desk: Client, webchat_channel: Channel) -> None:
    conversation = customer_says(
        webchat_channel, "<script>x</script> see https://example.com/a?b=1"
    )
    page = page_of(desk, conversation)
    assert "<script>x" not in page
    assert 'href="https://example.com/a?b=1"' in page


def test_a_long_wait_is_shown_until_a_person_answers(
    desk: Client, agent: User, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    waiting = {"status": "support_active", "first_unanswered_at": timezone.now()}
    Conversation.objects.filter(pk=conversation.pk).update(**waiting)
    assert "Waits for an answer" not in page_of(desk, conversation)
    waiting["first_unanswered_at"] = timezone.now() - timedelta(minutes=6)
    Conversation.objects.filter(pk=conversation.pk).update(**waiting)
    assert "Waits for an answer" in page_of(desk, conversation)
    send_support_message(conversation=conversation, user=agent, text="Here I am")
    assert "Waits for an answer" not in page_of(desk, conversation)


def test_the_reason_of_a_hand_over_stands_over_the_thread_in_plain_words(
    desk: Client, webchat_channel: Channel
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    Conversation.objects.filter(pk=conversation.pk).update(
        status="support_active", handover_reason="asked_for_person", handover_summary="Wants Mira."
    )
    page = page_of(desk, conversation)
    assert "the customer asks for a person" in page and "Wants Mira." in page


def test_an_inbox_without_channels_says_what_to_do(owner: User, agent: User) -> None:
    assert "Connect a channel" in browser_of(owner).get("/inbox/").content.decode()
    assert "Once the owner connects" in browser_of(agent).get("/inbox/").content.decode()


def test_a_part_of_a_page_is_never_kept_in_place_of_the_page(desk: Client) -> None:
    assert "no-store" in desk.get("/inbox/")["Cache-Control"]


def test_the_start_page_leads_everywhere(client: Client) -> None:
    page = client.get("/").content.decode()
    places = ("/accounts/signup/", "/accounts/login/", "/widget/demo/", "/inbox/", "/api/docs/")
    for address in places:
        assert f'href="{address}"' in page
