"""A closed window, as scripts, pages and queued messages meet it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business, User
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import send_support_message
from messaging.services.delivery import deliver, send_begun
from messaging.services.reply import Answer, claim_conversation, commit_answer
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db(transaction=True)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CONVERSATIONS = "/api/v1/conversations/"


@pytest.fixture
def instagram(business: Business) -> Channel:
    return Channel.objects.create(
        business=business, kind="instagram", external_id="17841400000000001", health="ok"
    )


@pytest.fixture
def conversation(instagram: Channel, owner: User) -> Conversation:
    return opened_ago(customer_says(instagram, "Is it still there?"), HOUR)


@pytest.fixture
def agent_api(agent: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(agent)
    return client


def opened_ago(conversation: Conversation, ago: timedelta | None) -> Conversation:
    opened = None if ago is None else timezone.now() - ago
    Conversation.objects.filter(pk=conversation.pk).update(window_from=opened)
    conversation.refresh_from_db()
    return conversation


def window(api: APIClient, conversation: Conversation) -> dict[str, Any]:
    shown: dict[str, Any] = api.get(f"{CONVERSATIONS}{conversation.pk}/").json()["window"]
    return shown


def test_a_script_sees_until_when_it_may_write(
    agent_api: APIClient, conversation: Conversation
) -> None:
    assert conversation.window_from is not None
    closes_at = (conversation.window_from + DAY).isoformat()
    open_until = {"open": True, "closes_at": closes_at, "reason": ""}
    assert window(agent_api, conversation) == open_until
    assert agent_api.get(CONVERSATIONS).json()["results"][0]["window"] == open_until

    opened_ago(conversation, DAY)
    shown = window(agent_api, conversation)
    assert (shown["open"], shown["closes_at"]) == (False, None)
    assert "24 hours" in shown["reason"]


def test_a_business_with_the_permission_has_a_week(
    agent_api: APIClient, conversation: Conversation
) -> None:
    Channel.objects.update(settings={"human_agent": True})
    opened_ago(conversation, 2 * DAY)
    assert conversation.window_from is not None
    closes_at = (conversation.window_from + 7 * DAY).isoformat()
    assert window(agent_api, conversation) == {"open": True, "closes_at": closes_at, "reason": ""}


@pytest.mark.parametrize("claim", ["true", 1, "yes", {}])
def test_only_a_clear_yes_is_a_permission(
    agent_api: APIClient, conversation: Conversation, claim: Any
) -> None:
    Channel.objects.update(settings={"human_agent": claim})
    opened_ago(conversation, 2 * DAY)
    assert not window(agent_api, conversation)["open"]


def test_a_channel_without_a_window_has_no_end(
    agent_api: APIClient, webchat_channel: Channel, owner: User
) -> None:
    conversation = customer_says(webchat_channel, "Hello")
    opened_ago(conversation, 900 * DAY)
    no_end = {"open": True, "closes_at": None, "reason": ""}
    assert window(agent_api, conversation) == no_end
    opened_ago(conversation, None)
    assert window(agent_api, conversation) == no_end


def test_a_late_answer_is_refused_in_plain_words_and_changes_nothing(
    agent_api: APIClient, conversation: Conversation
) -> None:
    opened_ago(conversation, DAY)
    refused = agent_api.post(f"{CONVERSATIONS}{conversation.pk}/messages/", {"text": "Yes"})
    assert (refused.status_code, refused.json()["code"]) == (409, "window_closed")
    assert "24 hours" in refused.json()["detail"]
    assert not Message.objects.exclude(type="customer").exists()
    assert Conversation.objects.get().revision == conversation.revision


def test_the_answer_box_is_refused_the_same(
    client: Client, agent: User, conversation: Conversation
) -> None:
    opened_ago(conversation, DAY)
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    path = f"/inbox/{conversation.pk}/"
    refused = client.post(f"{path}answer/", {"text": "Yes"}, headers={"HX-Request": "true"})
    assert (refused.status_code, refused.json()["code"]) == (409, "window_closed")
    page = client.get(path).content.decode()
    assert "data-blocked" in page
    assert "24 hours ago" in page


def test_what_the_window_closes_on_while_it_waits_fails_with_its_reason(
    conversation: Conversation, owner: User
) -> None:
    send_support_message(conversation=conversation, user=owner, text="One")
    opened_ago(conversation, DAY)
    deliver(conversation_id=conversation.pk)
    said = Message.objects.get(type="support")
    assert said.failure is not None
    assert (said.delivery, said.failure["code"]) == ("failed", "window_closed")
    assert "24 hours" in said.failure["detail"]
    conversation.refresh_from_db()
    assert (conversation.needs_a_look, conversation.lane_token) == (True, "")
    assert Channel.objects.get().health == "ok", "nobody was asked"


def test_a_customer_who_writes_at_the_last_moment_opens_it_again(
    conversation: Conversation, owner: User
) -> None:
    """Found closed, and opened again before that was written down: it is looked at afresh."""
    send_support_message(conversation=conversation, user=owner, text="One")
    opened_ago(conversation, DAY)

    def customer_writes() -> None:
        Conversation.objects.update(window_from=timezone.now())
        connection.close()

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("BEGIN", "UPDATE")) and not writers:
            writers.append(threading.Thread(target=customer_writes))
            writers[0].start()
            writers[0].join(10)
        return execute(sql, params, many, context)

    writers: list[threading.Thread] = []
    with connection.execute_wrapper(meanwhile):
        deliver(conversation_id=conversation.pk)
    said = Message.objects.get(type="support")
    assert said.failure is not None
    # It was sent, that is: this channel has no token, which the adapter says only when asked.
    assert said.failure["code"] == "bad_token"


def test_what_failed_is_not_sent_again_too_late(
    agent_api: APIClient, conversation: Conversation, owner: User
) -> None:
    said = send_support_message(conversation=conversation, user=owner, text="One")
    Message.objects.filter(pk=said.pk).update(delivery="failed")
    said.chunks.update(state="failed")
    opened_ago(conversation, DAY)
    refused = agent_api.post(f"/api/v1/messages/{said.pk}/retry/")
    assert (refused.status_code, refused.json()["code"]) == (409, "window_closed")
    said.refresh_from_db()
    assert said.delivery == "failed"


@pytest.mark.parametrize("lane", ["", "a-lane"])
def test_an_ai_answer_that_comes_too_late_is_a_case_for_people(
    conversation: Conversation, lane: str
) -> None:
    """Even where people may be tagged, the AI is not."""
    Channel.objects.update(settings={"human_agent": True})
    Conversation.objects.update(status="active", epoch=0)
    asked = Conversation.objects.select_related("channel", "customer").get()
    claim = claim_conversation(conversation=opened_ago(asked, DAY))
    assert claim is not None
    committed = commit_answer(claim=claim, answer=Answer("Yes"), despite_newer=False, lane=lane)
    assert committed is not None
    if committed.begun:
        send_begun(committed.begun)
    deliver(conversation_id=conversation.pk)
    said = Message.objects.get(type="AI")
    assert said.failure is not None
    assert (said.delivery, said.failure["code"]) == ("failed", "window_closed")
    conversation.refresh_from_db()
    assert (conversation.needs_a_look, conversation.lane_token) == (True, "")
