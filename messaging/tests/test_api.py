"""The messaging API as a script uses it: HTTP in, rows out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from messaging.models import Channel, Conversation, Customer, Message
from messaging.services.receive import receive_events
from messaging.types import EventKind, InboundMessage

pytestmark = pytest.mark.django_db
CONVERSATIONS, MESSAGES = "/api/v1/conversations/", "/api/v1/messages/"
MESSAGE_FIELDS = {
    "id",
    "conversation_id",
    "type",
    "text",
    "attachments",
    "created_at",
    "delivery",
    "failure",
    "citations",
    "options",
    "verdict",
}
CONVERSATION_FIELDS = {
    "id",
    "status",
    "channel",
    "customer",
    "assigned_to",
    "unread",
    "needs_a_look",
    "handover_reason",
    "last_message",
    "window",
    "created_at",
    "updated_at",
}


def says(channel: Channel, text: str, who: str = "ann") -> Message:
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key=f"{who}:{text}:{timezone.now().timestamp()}",
        conversation_key=who,
        customer_key=who,
        customer_name=who.capitalize(),
        text=text,
    )
    message = receive_events(channel=channel, events=[event], raw=b"{}")[0].message
    assert message is not None
    return message


@pytest.fixture
def conversation(owner: User, webchat_channel: Channel) -> Conversation:
    return says(webchat_channel, "Are you open today?").conversation


def get(client: APIClient, path: str, **query: Any) -> dict[str, Any]:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_a_conversation_and_its_messages_have_the_fields_of_the_contract(
    agent_api: APIClient, conversation: Conversation
) -> None:
    listed = get(agent_api, CONVERSATIONS)
    assert set(listed) == {"count", "next", "previous", "results"}
    assert set(listed["results"][0]) == CONVERSATION_FIELDS
    row = listed["results"][0]
    assert row["channel"] == {"id": conversation.channel_id, "kind": "webchat"}
    assert row["customer"]["external_id"] == "ann"
    assert (row["unread"], row["last_message"]["text"]) == (1, "Are you open today?")
    detail = get(agent_api, f"{CONVERSATIONS}{conversation.pk}/")
    assert set(detail) == CONVERSATION_FIELDS | {"handover_summary", "revision"}
    thread = get(agent_api, f"{CONVERSATIONS}{conversation.pk}/messages/")
    message = thread["results"][0]
    assert set(message) == MESSAGE_FIELDS
    assert (message["type"], message["delivery"]) == ("customer", None)


def test_conversations_are_found_by_each_filter(
    agent_api: APIClient, agent: User, conversation: Conversation, telegram_channel: Channel
) -> None:
    other = says(telegram_channel, "Where is my parcel?", who="ben").conversation
    agent_api.post(f"{CONVERSATIONS}{other.pk}/takeover/")
    agent_api.post(f"{CONVERSATIONS}{other.pk}/read/")
    for query, expected in [
        ({"status": "active"}, {conversation.pk}),
        ({"status": "support_active"}, {other.pk}),
        ({"status": "closed"}, set()),
        ({"channel": "telegram"}, {other.pk}),
        ({"channel": conversation.channel_id}, {conversation.pk}),
        ({"assignee": "me"}, {other.pk}),
        ({"assignee": str(agent.pk)}, {other.pk}),
        ({"assignee": "nobody"}, {conversation.pk}),
        ({"unread": "true"}, {conversation.pk}),
        ({"unread": "false"}, {other.pk}),
        ({"search": "parcel"}, {other.pk}),
        ({"search": "ANN"}, {conversation.pk}),
        ({"search": "100%"}, set()),
        ({"status": "", "search": ""}, {conversation.pk, other.pk}),
    ]:
        found = get(agent_api, CONVERSATIONS, **query)
        assert {row["id"] for row in found["results"]} == expected, query
        assert found["count"] == len(expected)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (CONVERSATIONS, "status=open"),
        (CONVERSATIONS, "unread=perhaps"),
        (CONVERSATIONS, "assignee=someone"),
        (CONVERSATIONS, "assignee=99999999999999999999999"),
        (CONVERSATIONS, "ordering=assigned_to__password"),
        (CONVERSATIONS, "assigned_to__password__startswith=p"),
        (CONVERSATIONS, "search=" + "x" * 101),
        (CONVERSATIONS, "search=%00"),
        (CONVERSATIONS, "%00=1"),
        (CONVERSATIONS, "page=0"),
        (CONVERSATIONS, "page=1000000000000"),
        (CONVERSATIONS, "page=next"),
        (CONVERSATIONS, "page_size=-1"),
        (MESSAGES, "type=human"),
        (MESSAGES, "delivery=lost"),
        (MESSAGES, "conversation=%00"),
        ("/api/v1/channels/", "kind=fax"),
    ],
)
def test_a_filter_that_makes_no_sense_is_a_400_that_names_it(
    agent_api: APIClient, conversation: Conversation, path: str, query: str
) -> None:
    answer = agent_api.get(f"{path}?{query}")
    assert answer.status_code == 400, answer.content
    assert {"detail", "code", "fields"} <= set(answer.json())


def test_pages_are_capped(agent_api: APIClient, webchat_channel: Channel, owner: User) -> None:
    for number in range(3):
        says(webchat_channel, "Hello", who=f"guest{number}")
    first = get(agent_api, CONVERSATIONS, page_size=2)
    assert (first["count"], len(first["results"]), first["previous"]) == (3, 2, None)
    second = get(agent_api, first["next"])
    assert len(second["results"]) == 1
    ids = {row["id"] for row in first["results"] + second["results"]}
    assert len(ids) == 3
    assert len(get(agent_api, CONVERSATIONS, page_size=10**9)["results"]) == 3


@pytest.mark.parametrize("path", [CONVERSATIONS, MESSAGES, "/api/v1/channels/"])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_one(
    agent_api: APIClient, conversation: Conversation, webchat_channel: Channel, path: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get(agent_api, path)
        return len(captured)

    before = queries()
    for number in range(10):
        says(webchat_channel, "Hello", who=f"guest{number}")
        Channel.objects.create(business=webchat_channel.business, kind="webchat")
    assert queries() == before == 3


def test_a_thread_is_read_backwards_and_forwards_without_a_gap(
    agent_api: APIClient, conversation: Conversation, webchat_channel: Channel
) -> None:
    for number in range(9):
        says(webchat_channel, f"line {number}")
    path = f"{CONVERSATIONS}{conversation.pk}/messages/"
    page, texts = get(agent_api, path, limit=4), list[str]()
    assert page["count"] == 10
    while True:
        texts = [message["text"] for message in page["results"]] + texts
        if page["previous"] is None:
            break
        page = get(agent_api, page["previous"])
    assert texts == ["Are you open today?", *(f"line {number}" for number in range(9))]
    page, forwards = get(agent_api, path, after=0, limit=3), list[str]()
    while True:
        forwards += [message["text"] for message in page["results"]]
        if page["next"] is None:
            break
        page = get(agent_api, page["next"])
    assert forwards == texts
    assert get(agent_api, path, after=page["revision"])["results"] == []


def test_after_a_revision_one_gets_changed_messages_too(
    agent_api: APIClient, conversation: Conversation
) -> None:
    path = f"{CONVERSATIONS}{conversation.pk}/messages/"
    seen = get(agent_api, path)["revision"]
    sent = agent_api.post(path, {"text": "Until six."}).json()
    assert sent["id"] in {message["id"] for message in get(agent_api, path, after=seen)["results"]}
    seen = get(agent_api, path)["revision"]
    Message.objects.filter(pk=sent["id"]).update(delivery="sent", revision=seen + 1)
    changed = get(agent_api, path, after=seen)["results"]
    assert [(message["id"], message["delivery"]) for message in changed] == [(sent["id"], "sent")]


@pytest.mark.parametrize("query", ["after=-1", "before=x", "limit=0", f"after={10**30}", "afer=3"])
def test_a_cursor_that_makes_no_sense_is_refused(
    agent_api: APIClient, conversation: Conversation, query: str
) -> None:
    answer = agent_api.get(f"{CONVERSATIONS}{conversation.pk}/messages/?{query}")
    assert answer.status_code == 400


@pytest.mark.parametrize("form", ["json", "multipart"])
def test_an_agents_answer_takes_the_conversation_over(
    agent_api: APIClient, agent: User, conversation: Conversation, form: str
) -> None:
    path = f"{CONVERSATIONS}{conversation.pk}/messages/"
    answer = agent_api.post(path, {"text": "Until six."}, format=form)
    assert answer.status_code == 201
    assert (answer.json()["type"], answer.json()["delivery"]) == ("support", "queued")
    conversation.refresh_from_db()
    assert (conversation.status, conversation.assigned_to) == ("support_active", agent)


def test_the_same_client_key_answers_once(agent_api: APIClient, conversation: Conversation) -> None:
    path = f"{CONVERSATIONS}{conversation.pk}/messages/"
    body = {"text": "Until six.", "client_key": "k1"}
    first, second = agent_api.post(path, body), agent_api.post(path, body)
    assert first.json()["id"] == second.json()["id"]
    assert Message.objects.filter(type="support").count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": "x" * 20_001},
        {"text": "hi", "type": "AI"},
        {"text": "hi", "client_key": "k" * 65},
    ],
)
def test_a_bad_answer_is_refused_and_changes_nothing(
    agent_api: APIClient, conversation: Conversation, body: dict[str, str]
) -> None:
    answer = agent_api.post(f"{CONVERSATIONS}{conversation.pk}/messages/", body, format="json")
    assert answer.status_code == 400
    assert answer.json()["fields"]
    conversation.refresh_from_db()
    assert conversation.status == "active"


def test_take_over_give_back_and_close(agent_api: APIClient, conversation: Conversation) -> None:
    path = f"{CONVERSATIONS}{conversation.pk}/"
    taken = agent_api.post(f"{path}takeover/").json()
    assert (taken["status"], taken["in_flight"]) == ("support_active", [])
    assert agent_api.post(f"{path}return-to-ai/").json()["status"] == "active"
    assert agent_api.post(f"{path}close/").json()["status"] == "closed"


def test_a_colleagues_conversation_can_not_be_taken(
    agent_api: APIClient, owner_api: APIClient, conversation: Conversation
) -> None:
    path = f"{CONVERSATIONS}{conversation.pk}/takeover/"
    assert agent_api.post(path).status_code == 200
    refused = owner_api.post(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")


def test_giving_back_is_refused_with_reasons_while_the_ai_is_off(
    agent_api: APIClient, conversation: Conversation, settings: Any
) -> None:
    agent_api.post(f"{CONVERSATIONS}{conversation.pk}/takeover/")
    settings.EMBEDDED_ANSWERS = False
    answer = agent_api.post(f"{CONVERSATIONS}{conversation.pk}/return-to-ai/")
    assert answer.status_code == 409
    assert answer.json()["reasons"]


@pytest.mark.parametrize(
    ("wanted", "status"), [("me", 200), (None, 200), ("nobody-we-know", 404), ("9" * 100, 404)]
)
def test_a_conversation_is_assigned_within_the_team(
    agent_api: APIClient, agent: User, conversation: Conversation, wanted: str | None, status: int
) -> None:
    path = f"{CONVERSATIONS}{conversation.pk}/assign/"
    answer = agent_api.post(path, {"assignee": wanted}, format="json")
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["assigned_to"] == (agent.pk if wanted else None)


def test_nobody_is_assigned_across_businesses(
    agent_api: APIClient, other_owner: User, conversation: Conversation
) -> None:
    path = f"{CONVERSATIONS}{conversation.pk}/assign/"
    foreign = agent_api.post(path, {"assignee": str(other_owner.pk)}, format="json")
    missing = agent_api.post(path, {"assignee": "99999999"}, format="json")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


def test_messages_are_found_by_type_delivery_and_conversation(
    agent_api: APIClient, conversation: Conversation, telegram_channel: Channel
) -> None:
    says(telegram_channel, "Where is my parcel?", who="ben")
    sent = agent_api.post(f"{CONVERSATIONS}{conversation.pk}/messages/", {"text": "Yes."}).json()
    assert get(agent_api, MESSAGES, type="support")["results"] == [sent]
    assert get(agent_api, MESSAGES, delivery="queued")["results"] == [sent]
    assert get(agent_api, MESSAGES, type="customer")["count"] == 2
    assert get(agent_api, MESSAGES, conversation=conversation.pk, type="customer")["count"] == 1
    assert agent_api.get(f"{MESSAGES}{sent['id']}/").json() == sent


def test_only_what_failed_or_may_have_failed_is_sent_again(
    agent_api: APIClient, conversation: Conversation
) -> None:
    sent = agent_api.post(f"{CONVERSATIONS}{conversation.pk}/messages/", {"text": "Yes."}).json()
    path = f"{MESSAGES}{sent['id']}/retry/"
    assert agent_api.post(path).status_code == 409
    message = Message.objects.get(pk=sent["id"])
    message.chunks.update(state="failed", failure={"code": "blocked", "detail": "Blocked."})
    Message.objects.filter(pk=message.pk).update(delivery="failed")
    answer = agent_api.post(path)
    assert (answer.status_code, answer.json()["delivery"]) == (200, "queued")


def test_a_customer_is_shown_with_their_channel(
    agent_api: APIClient, conversation: Conversation
) -> None:
    body = get(agent_api, f"/api/v1/customers/{conversation.customer_id}/")
    assert (body["name"], body["reachable"], body["channel"]["kind"]) == ("Ann", True, "webchat")


def test_people_without_a_business_and_strangers_read_nothing(
    api_client: APIClient,
    api_for: Callable[[User], APIClient],
    staff: User,
    other_api: APIClient,
    conversation: Conversation,
) -> None:
    assert api_client.get(CONVERSATIONS).status_code == 401
    assert api_for(staff).get(CONVERSATIONS).status_code == 403
    for path in (CONVERSATIONS, MESSAGES, "/api/v1/channels/"):
        assert get(other_api, path)["count"] == 0
    assert get(other_api, MESSAGES, conversation=conversation.pk)["count"] == 0
    assert get(other_api, CONVERSATIONS, channel=conversation.channel_id)["count"] == 0


def test_a_session_may_use_the_api_with_a_csrf_token_only(
    agent: User, conversation: Conversation
) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.get(CONVERSATIONS).status_code == 200
    path = f"{CONVERSATIONS}{conversation.pk}/takeover/"
    assert client.post(path).status_code == 403
    token = "a" * 32
    client.cookies["csrftoken"] = token
    assert client.post(path, HTTP_X_CSRFTOKEN=token).status_code == 200


def test_a_get_never_changes_anything(agent_api: APIClient, conversation: Conversation) -> None:
    for action in ("takeover", "return-to-ai", "close", "assign", "read", "suggest"):
        assert agent_api.get(f"{CONVERSATIONS}{conversation.pk}/{action}/").status_code == 405
    assert Customer.objects.count() == 1
