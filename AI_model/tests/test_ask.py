"""`ask/` as a program sees it: a question goes in over HTTP, the answer comes out of the same
conversation that the inbox shows."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from redis import Redis
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.models import AIModelConfig, AIRun, UsageRecord
from AI_model.receivers import ASKERS_HEAD_START
from AI_model.services import asking
from AI_model.testing.asking import ASK, CUSTOMER, ask, question
from AI_model.testing.chats import SHIPPING, settle
from AI_model.testing.model_server import ModelServer
from core.lib.clock import database_now
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import close_conversation
from settings_app.models import Holiday, KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_question_is_answered_in_the_shape_that_the_guide_shows(
    owner_api: APIClient, knowledge: KnowledgeEntry
) -> None:
    body = ask(owner_api)

    conversation = Conversation.objects.get()
    assert body.pop("response_time_ms") >= 0
    [citation] = body.pop("citations")
    assert (citation["entry_id"], citation["title"]) == (knowledge.pk, knowledge.question)
    assert body.pop("usage")["calls"] == 1
    assert body == {
        "session_id": f"msg_{conversation.pk}",
        "customer_id": CUSTOMER,
        "question": "do you ship to norway",
        "answer": SHIPPING,
        "success": True,
        "auto_response_generated": True,
        "options": [],
        "handed_over": False,
        "model": AIRun.objects.get().model,
    }
    assert (conversation.channel.kind, conversation.customer.external_id) == ("api", CUSTOMER)
    said = Message.objects.order_by("seq").values_list("type", "text", "delivery")
    assert list(said) == [("customer", "do you ship to norway", None), ("AI", SHIPPING, "sent")]


def test_forms_are_taken_as_well(owner_api: APIClient, knowledge: KnowledgeEntry) -> None:
    for format in ("multipart", "json"):
        answer = owner_api.post(ASK, question(), format=format)
        assert answer.json()["answer"] == SHIPPING
    encoded = owner_api.post(
        ASK,
        "question=do+you+ship+to+norway&customer_id=customer%40example.com",
        content_type="application/x-www-form-urlencoded",
    )
    assert encoded.json()["answer"] == SHIPPING
    assert Conversation.objects.count() == 1


def test_a_session_may_ask_with_its_csrf_token_and_not_without(
    owner: User, knowledge: KnowledgeEntry
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    assert browser.post(ASK, question()).status_code == 403
    browser.cookies["csrftoken"] = token = "a" * 32
    assert browser.post(ASK, question(), headers={"X-CSRFToken": token}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": "", "customer_id": "c"},
        {"question": "   ", "customer_id": "c"},
        {"question": "hi", "customer_id": ""},
        {"question": "hi"},
        {"question": "hi", "customer_id": "c" * 256},
        {"question": "h" * 10_001, "customer_id": "c"},
        {"question": ["hi"], "customer_id": "c"},
        {"question": "hi", "customer_id": "c", "colour": "red"},
    ],
)
def test_what_is_no_question_is_refused_and_leaves_nothing(
    owner_api: APIClient, body: dict[str, Any]
) -> None:
    answer = owner_api.post(ASK, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["fields"]
    assert not Conversation.objects.exists()


def test_the_next_question_of_a_customer_goes_on_with_the_session(
    owner_api: APIClient, knowledge: KnowledgeEntry
) -> None:
    first = ask(owner_api)
    second = ask(owner_api, "price of fixing a flat tyre")
    assert second["session_id"] == first["session_id"]
    assert second["answer"] == "A small repair costs 15 euros."
    other = owner_api.post(ASK, question(customer="somebody else"), format="json").json()
    assert other["session_id"] != first["session_id"]


def test_nothing_is_added_to_a_question_so_no_pause_is_made_for_it(
    owner_api: APIClient, business: Business, knowledge: KnowledgeEntry
) -> None:
    AIModelConfig.objects.update_or_create(business=business, defaults={"quiet_period_ms": 30_000})
    assert ask(owner_api)["answer"] == SHIPPING


def test_an_answer_of_several_parts_comes_whole(
    owner_api: APIClient, business: Business, knowledge: KnowledgeEntry
) -> None:
    long = " ".join(f"word{number}" for number in range(1000))
    KnowledgeEntry.objects.filter(pk=knowledge.pk).update(answer=long)
    Business.objects.filter(pk=business.pk).update(knowledge_version=F("knowledge_version") + 1)
    assert ask(owner_api)["answer"] == long
    assert Message.objects.get(type="AI").delivery == "sent"


def test_two_businesses_may_know_a_customer_by_the_same_name(
    owner_api: APIClient, other_api: APIClient, knowledge: KnowledgeEntry
) -> None:
    ours, theirs = ask(owner_api), ask(other_api)
    assert ours["session_id"] != theirs["session_id"]
    assert theirs["answer"] != SHIPPING


def test_the_ledger_holds_what_the_model_server_served(
    owner_api: APIClient, knowledge: KnowledgeEntry, model: ModelServer
) -> None:
    body = ask(owner_api)
    [call] = model.calls
    assert body["answer"].startswith("Answer to:")
    assert body["usage"]["tokens_in"] == call.tokens_in
    assert body["usage"]["tokens_out"] == call.tokens_out
    record = UsageRecord.objects.get()
    assert (record.tokens_in, record.tokens_out) == (call.tokens_in, call.tokens_out)
    assert record.conversation == Conversation.objects.get()


@pytest.mark.parametrize(
    ("settings_of", "reason"),
    [
        ({"auto_response_enabled": False}, ""),
        ({"mode": "draft"}, ""),
        ({"business_hours_only": True}, "out_of_hours"),
        ({"max_turns": 1}, "turn_cap"),
    ],
)
def test_what_people_have_to_answer_is_a_hand_over_in_the_businesss_words(
    owner_api: APIClient,
    business: Business,
    knowledge: KnowledgeEntry,
    settings_of: dict[str, Any],
    reason: str,
) -> None:
    if "max_turns" in settings_of:
        ask(owner_api)
    if "business_hours_only" in settings_of:
        closed_today(business)
    texts = {"handover_text": "Somebody comes.", "out_of_hours_text": "Nobody is here."}
    AIModelConfig.objects.update_or_create(business=business, defaults=texts | settings_of)

    body = ask(owner_api, "price of fixing a flat tyre")

    assert (body["success"], body["auto_response_generated"], body["handed_over"]) == (
        True,
        False,
        True,
    )
    assert body["answer"] == ("Nobody is here." if reason == "out_of_hours" else "Somebody comes.")
    assert Conversation.objects.get().handover_reason == reason


def closed_today(business: Business) -> None:
    for days in range(3):
        Holiday.objects.create(business=business, date=date.today() + timedelta(days=days - 1))


def test_a_question_without_support_is_handed_over_once_and_stays_with_people(
    owner_api: APIClient, knowledge: KnowledgeEntry
) -> None:
    first = ask(owner_api, "Who won the chess championship of 1972?")
    assert (first["handed_over"], first["auto_response_generated"]) == (True, False)
    assert "colleague" in first["answer"]
    again = ask(owner_api, "do you ship to norway")
    assert again["handed_over"] and again["answer"] == first["answer"]
    assert Message.objects.filter(type="AI").count() == 1
    assert Message.objects.get(type="AI").delivery == "sent"


def test_a_provider_that_is_down_means_people(
    owner_api: APIClient, settings: Any, model: ModelServer, knowledge: KnowledgeEntry
) -> None:
    settings.EMBEDDED_ANSWERS = False
    model.behave("401")
    body = ask(owner_api)
    assert (body["success"], body["handed_over"]) == (True, True)
    assert Conversation.objects.get().handover_reason == "provider_down"
    assert UsageRecord.objects.exclude(outcome="ok").exists()


def test_a_closed_session_opens_afresh(
    owner_api: APIClient, owner: User, knowledge: KnowledgeEntry
) -> None:
    ask(owner_api, "Can I talk to a human?")
    close_conversation(conversation=Conversation.objects.get(), user=owner)
    assert ask(owner_api)["answer"] == SHIPPING


def test_a_channel_that_is_off_asks_nobody(
    owner_api: APIClient, business: Business, knowledge: KnowledgeEntry
) -> None:
    Channel.objects.create(business=business, kind="api", is_active=False)
    answer = owner_api.post(ASK, question(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_off")
    assert not Conversation.objects.exists()


def test_the_same_key_asks_once(owner_api: APIClient, knowledge: KnowledgeEntry) -> None:
    key: dict[str, Any] = {"headers": {"Idempotency-Key": "order 17"}}
    first, again = ask(owner_api, **key), ask(owner_api, **key)
    for body in (first, again):
        del body["response_time_ms"]
    assert first == again
    assert Message.objects.filter(type="customer").count() == 1
    ask(owner_api, "price of fixing a flat tyre")
    assert ask(owner_api, **key)["answer"] == SHIPPING, "not what was answered since"
    reused = owner_api.post(ASK, question("something else"), format="json", **key)
    assert (reused.status_code, reused.json()["code"]) == (409, "key_reused")
    too_long = owner_api.post(ASK, question(), headers={"Idempotency-Key": "k" * 256})
    assert too_long.status_code == 400


def test_the_worker_answers_what_a_dead_web_process_left(
    owner: User, business: Business, knowledge: KnowledgeEntry
) -> None:
    channel = asking.api_channel(business)
    for begun in (False, True):
        stored = asking.store_question(channel=channel, customer_id=str(begun), question="hello")
        if begun:
            lapsed = {"claim_token": "dead", "claim_until": database_now(plus=-1)}
            Conversation.objects.filter(pk=stored.conversation_id).update(**lapsed)
    settle()
    assert Message.objects.filter(type="AI").count() == 2


def test_the_ring_for_a_worker_leaves_time_to_who_asked(
    owner: User, business: Business, knowledge: KnowledgeEntry, valkey: Redis
) -> None:
    before = timezone.now()
    channel = asking.api_channel(business)
    stored = asking.store_question(channel=channel, customer_id="c", question="hello")
    _, ring = valkey.blpop("ai", timeout=20)  # type: ignore[misc]
    headers = json.loads(ring)["headers"]
    assert stored.conversation_id in headers["argsrepr"]
    assert datetime.fromisoformat(headers["eta"]) >= before + timedelta(seconds=ASKERS_HEAD_START)


def test_who_is_not_logged_in_and_who_has_no_business_asks_nothing(
    api_client: APIClient, api_for: Callable[[User], APIClient], staff: User
) -> None:
    assert api_client.post(ASK, question()).status_code == 401
    assert api_for(staff).post(ASK, question()).status_code == 403
