"""`sessions/…`: conversations as the AI's users name them, and going on with one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.models import AIModelConfig, ChatSession
from AI_model.testing.chats import Chat, settle
from AI_model.testing.model_server import ModelServer
from core.testing.routes import snapshot
from messaging.models import Conversation, Message
from messaging.services.conversations import close_conversation, send_support_message, take_over
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)

SESSIONS = "/api/v1/ai/sessions/"


def ask(api: APIClient, text: str = "do you ship to norway", customer: str = "c1") -> str:
    answer = api.post("/api/v1/ai/ask/", {"question": text, "customer_id": customer})
    assert answer.status_code == 200, answer.content
    return str(answer.json()["session_id"])


def found(api: APIClient, **query: Any) -> list[str]:
    answer = api.get(SESSIONS, query)
    assert answer.status_code == 200, answer.content
    return [row["session_id"] for row in answer.json()["results"]]


def test_a_session_is_listed_at_once_with_its_facts(
    owner_api: APIClient, knowledge: KnowledgeEntry
) -> None:
    session_id = ask(owner_api)
    assert not ChatSession.objects.exists(), "rows are made by the clockwork, later"
    body = owner_api.get(SESSIONS).json()
    assert (body["count"], body["next"], body["previous"]) == (1, None, None)
    [row] = body["results"]
    conversation = Conversation.objects.get()
    assert row == {
        "session_id": session_id,
        "conversation_id": conversation.pk,
        "customer_id": "c1",
        "customer_name": "",
        "channel": {"id": conversation.channel_id, "kind": "api"},
        "status": "active",
        "is_active": True,
        "message_count": 2,
        "created_at": row["created_at"],
        "last_activity_at": row["last_activity_at"],
    }


def test_the_latest_activity_comes_first_and_filters_narrow(
    owner_api: APIClient, owner: User, chat: Chat
) -> None:
    chat.ask("do you ship to norway")
    visitor = f"msg_{chat.conversation.pk}"
    first, second = ask(owner_api), ask(owner_api, "price of fixing a flat tyre", "c2")
    assert found(owner_api) == [second, first, visitor]
    ask(owner_api)
    assert found(owner_api) == [first, second, visitor]
    assert found(owner_api, channel="api") == [first, second]
    assert found(owner_api, channel=chat.channel.pk) == [visitor]
    assert found(owner_api, customer_id="c2") == [second]
    assert found(owner_api, search="flat tyre") == [second]
    assert found(owner_api, page_size=1, page=2) == [second]

    closed = Conversation.objects.get(pk=second.removeprefix("msg_"))
    close_conversation(conversation=closed, user=owner)
    long_ago = timezone.now() - timedelta(days=2)
    Conversation.objects.filter(channel__kind="webchat").update(updated_at=long_ago)
    assert found(owner_api, is_active=True) == [first]
    assert found(owner_api, is_active=False) == [second, visitor]


def test_a_filter_that_makes_no_sense_is_refused(owner_api: APIClient) -> None:
    for query in ({"is_active": "perhaps"}, {"colour": "red"}, {"page": 0}, {"page": 7}):
        answer = owner_api.get(SESSIONS, query)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, list(query))


def test_a_session_shows_who_said_what_and_what_it_used(
    owner_api: APIClient, agent: User, knowledge: KnowledgeEntry, model: ModelServer
) -> None:
    session_id = ask(owner_api)
    conversation = Conversation.objects.get()
    send_support_message(conversation=conversation, user=agent, text="Gladly.")
    settle()
    body = owner_api.get(f"{SESSIONS}{session_id}/").json()
    said = [(m["role"], m["text"], m["delivery"]) for m in body["messages"]]
    assert said[0] == ("customer", "do you ship to norway", None)
    assert said[1][0::2] == ("AI", "sent")
    assert said[2] == ("support", "Gladly.", "sent")
    assert body["messages"][1]["citations"][0]["entry_id"] == knowledge.pk
    assert body["message_count"] == 3 and body["status"] == "support_active"
    [call] = model.calls
    used = body["usage"]
    assert (used["calls"], used["tokens_in"], used["tokens_out"]) == (
        1,
        call.tokens_in,
        call.tokens_out,
    )


def test_notes_are_no_part_of_a_session(
    owner_api: APIClient, owner: User, knowledge: KnowledgeEntry
) -> None:
    session_id = ask(owner_api)
    take_over(conversation=Conversation.objects.get(), user=owner)
    assert Message.objects.filter(type="system").exists()
    body = owner_api.get(f"{SESSIONS}{session_id}/").json()
    assert len(body["messages"]) == body["message_count"] == 2


@pytest.mark.parametrize("shape", ["{pk}", "msg_", "msg_msg_{pk}", "MSG_{pk}", "msg_{pk}x"])
def test_what_is_no_session_id_is_missing(
    owner_api: APIClient, knowledge: KnowledgeEntry, shape: str
) -> None:
    ask(owner_api)
    address = SESSIONS + shape.format(pk=Conversation.objects.get().pk) + "/"
    assert owner_api.get(address).status_code == 404
    assert owner_api.post(f"{address}send/", {"message": "hello"}).status_code == 404


def test_another_businesss_session_is_missing(
    owner_api: APIClient, other_api: APIClient, knowledge: KnowledgeEntry
) -> None:
    session_id = ask(owner_api)
    before = snapshot()
    assert other_api.get(f"{SESSIONS}{session_id}/").status_code == 404
    refused = other_api.post(f"{SESSIONS}{session_id}/send/", {"message": "hello"})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert found(other_api) == []
    assert snapshot() == before


def test_sending_to_a_session_of_the_api_goes_on_with_it(
    owner_api: APIClient, knowledge: KnowledgeEntry
) -> None:
    session_id = ask(owner_api)
    answer = owner_api.post(
        f"{SESSIONS}{session_id}/send/", {"message": "price of fixing a flat tyre"}
    )
    body = answer.json()
    assert body["answer"] == "A small repair costs 15 euros."
    assert (body["session_id"], body["customer_id"]) == (session_id, "c1")
    assert (body["delivered"], body["auto_response_generated"]) == (True, True)
    assert Message.objects.count() == 4


def test_sending_to_a_customers_chat_shows_what_the_ai_would_say_and_changes_nothing(
    owner_api: APIClient, owner: User, chat: Chat
) -> None:
    chat.ask("do you ship to norway")
    take_over(conversation=chat.conversation, user=owner)
    Conversation.objects.update(claim_attempts=3)
    session = f"{SESSIONS}msg_{chat.conversation.pk}/"
    before = snapshot()

    body = owner_api.post(f"{session}send/", {"message": "what does a repair cost"}).json()

    assert body["answer"] == "A small repair costs 15 euros."
    assert (body["delivered"], body["handed_over"]) == (False, False)
    assert body["customer_id"] == "visitor"
    after = snapshot()
    [record] = after.pop("AI_model.UsageRecord")[len(before.pop("AI_model.UsageRecord")) :]
    assert (record["purpose"], record["user_id"]) == ("preview", owner.pk)
    assert record["conversation_id"] == chat.conversation.pk
    assert after == before
    settle()
    assert len(chat.said()) == 1


def test_a_preview_says_when_people_would_get_it(
    owner_api: APIClient, business: Business, owner: User, chat: Chat
) -> None:
    chat.ask("do you ship to norway")
    take_over(conversation=chat.conversation, user=owner)
    session = f"{SESSIONS}msg_{chat.conversation.pk}/send/"
    AIModelConfig.objects.update_or_create(
        business=business, defaults={"handover_text": "Somebody comes."}
    )
    for words in ("Who won the chess championship of 1972?", "Can I talk to a human?"):
        body = owner_api.post(session, {"message": words}).json()
        assert (body["answer"], body["handed_over"]) == ("Somebody comes.", True)
    AIModelConfig.objects.update(auto_response_enabled=False)
    body = owner_api.post(session, {"message": "do you ship to norway"}).json()
    assert body["handed_over"] and not body["auto_response_generated"]
    assert chat.conversation.handover_reason == ""


def test_a_preview_knows_the_talk_so_far(
    owner_api: APIClient, chat: Chat, model: ModelServer
) -> None:
    chat.ask("do you ship to norway")
    session = f"{SESSIONS}msg_{chat.conversation.pk}/send/"
    owner_api.post(session, {"message": "what does a repair cost"})
    words = [text for _, text in model.calls[-1].texts]
    assert any("do you ship to norway" in text for text in words)
    assert "what does a repair cost" in words[-1].splitlines()[-2]


def test_the_ai_is_not_asked_about_the_preview_again_by_the_budget(
    owner_api: APIClient, business: Business, chat: Chat, model: ModelServer
) -> None:
    """A preview spends like an answer: with nothing left, no model is called."""
    chat.ask("do you ship to norway")
    calls = len(model.calls)
    AIModelConfig.objects.update_or_create(
        business=business, defaults={"budgets": {"daily_tokens": 1, "at_limit": "person"}}
    )
    session = f"{SESSIONS}msg_{chat.conversation.pk}/send/"
    body = owner_api.post(session, {"message": "what does a repair cost"}).json()
    assert (body["handed_over"], len(model.calls)) == (True, calls)


def test_a_list_costs_the_same_statements_however_long_it_is(
    owner_api: APIClient, knowledge: KnowledgeEntry, owner: User, api_for: Callable[..., APIClient]
) -> None:
    counts = []
    for customer in ("c1", "c2", "c3"):
        ask(owner_api, "hello", customer)
        with CaptureQueriesContext(connection) as listed:
            assert owner_api.get(SESSIONS).status_code == 200
        counts.append(len(listed))
    assert len(set(counts)) == 1
    session_id = ask(owner_api, "hello")
    with CaptureQueriesContext(connection) as short:
        owner_api.get(f"{SESSIONS}{session_id}/")
    for _ in range(3):
        ask(owner_api, "hello")
    with CaptureQueriesContext(connection) as long:
        owner_api.get(f"{SESSIONS}{session_id}/")
    assert len(short) == len(long)
