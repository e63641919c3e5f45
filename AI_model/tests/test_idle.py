"""People left a conversation alone: it goes back to the AI, and never over a person's head."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.expressions import CombinedExpression
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.maintenance import return_idle_conversations
from AI_model.models import AIModelConfig
from AI_model.testing.chats import SHIPPING, Chat, settle
from messaging.models import Channel, Conversation, Message, StatusChange
from messaging.services.idle import note_typing

pytestmark = pytest.mark.django_db(transaction=True)

ASKED = "I want to talk to a person"
QUESTION = "Do you ship to Norway?"
NOBODY_KNOWS = "What is the meaning of all this?"
NOTE = "Back to the AI after 30 minutes without a person"


@pytest.fixture(autouse=True)
def wanted(owner_api: APIClient, chat: Chat) -> None:
    answer = owner_api.put("/api/v1/ai/config/", {"return_to_ai_after_minutes": 30}, format="json")
    assert answer.status_code == 200


def let_pass(minutes: int) -> None:
    """As if all that happened so far had happened so long ago."""

    def earlier(name: str) -> CombinedExpression:
        return F(name) - timedelta(minutes=minutes)

    Message.objects.update(created_at=earlier("created_at"))
    StatusChange.objects.update(at=earlier("at"))
    names = ("created_at", "last_person_at", "last_customer_at", "first_unanswered_at")
    Conversation.objects.update(**{name: earlier(name) for name in names})


def tick() -> None:
    return_idle_conversations()
    settle()


def take_over(client: APIClient, chat: Chat) -> None:
    assert client.post(f"/api/v1/conversations/{chat.conversation.pk}/takeover/").status_code == 200


def answer(client: APIClient, chat: Chat, text: str) -> None:
    there = f"/api/v1/conversations/{chat.conversation.pk}/messages/"
    assert client.post(there, {"text": text}).status_code == 201
    settle()


def returns() -> int:
    return StatusChange.objects.filter(by="system").count()


def test_it_goes_back_after_so_long_and_not_before(chat: Chat, owner_api: APIClient) -> None:
    chat.ask(QUESTION)
    take_over(owner_api, chat)
    epoch = chat.conversation.epoch
    let_pass(29)
    tick()
    assert chat.conversation.status == "support_active"
    let_pass(2)
    tick()
    back = chat.conversation
    assert (back.status, back.assigned_to, back.epoch) == ("active", None, epoch + 1)
    change = StatusChange.objects.latest("seq")
    assert (change.before, change.after, change.by, change.reason, change.user) == (
        *("support_active", "active", "system", "idle"),
        None,
    )
    assert Message.objects.filter(type="system").latest("seq").text == NOTE
    assert len(chat.said()) == 1


def test_words_after_the_persons_last_are_answered(chat: Chat, owner_api: APIClient) -> None:
    chat.ask("Hello, are you there?")
    answer(owner_api, chat, "Hello, what can I do for you?")
    chat.write(QUESTION)
    settle()
    assert chat.said()[-1].type == "support"
    let_pass(31)
    tick()
    assert (chat.said()[-1].type, chat.said()[-1].text) == ("AI", SHIPPING)
    assert chat.conversation.first_unanswered_at is None


def test_words_that_caused_the_hand_over_are_not_answered_again(chat: Chat) -> None:
    chat.ask(NOBODY_KNOWS)
    assert chat.conversation.handover_reason == "no_support"
    told = len(chat.said())
    let_pass(31)
    tick()
    assert chat.conversation.status == "active" and len(chat.said()) == told
    assert chat.conversation.needs_a_look


def test_words_after_a_hand_over_are_answered(chat: Chat) -> None:
    chat.ask(NOBODY_KNOWS)
    chat.write(QUESTION)
    let_pass(31)
    tick()
    assert (chat.said()[-1].type, chat.said()[-1].text) == ("AI", SHIPPING)


def test_who_asked_for_a_person_waits_for_one(chat: Chat, owner_api: APIClient) -> None:
    chat.ask(ASKED)
    chat.write(QUESTION)
    take_over(owner_api, chat)
    let_pass(600)
    tick()
    assert chat.conversation.status == "support_active"
    answer(owner_api, chat, "Here I am.")
    chat.write(QUESTION)
    let_pass(31)
    tick()
    assert chat.conversation.status == "active" and chat.said()[-1].text == SHIPPING


def test_the_same_words_do_not_go_to_and_fro(chat: Chat, owner_api: APIClient) -> None:
    chat.ask("Hello, are you there?")
    answer(owner_api, chat, "Yes.")
    chat.write(NOBODY_KNOWS)
    for _ in range(4):
        let_pass(31)
        tick()
    assert returns() == 1 and chat.conversation.status == "support_active"
    chat.write(QUESTION)
    let_pass(31)
    tick()
    assert returns() == 2 and chat.said()[-1].text == SHIPPING


def test_without_a_new_word_a_conversation_goes_back_once(chat: Chat, owner_api: APIClient) -> None:
    chat.ask(QUESTION)
    for _ in range(3):
        take_over(owner_api, chat)
        let_pass(31)
        tick()
    assert returns() == 1


@pytest.mark.parametrize("deed", ["typing", "assigned", "answered", "new words"])
def test_a_person_who_is_there_keeps_it(
    chat: Chat, owner_api: APIClient, owner: User, deed: str
) -> None:
    chat.ask(QUESTION)
    take_over(owner_api, chat)
    let_pass(31)
    there = f"/api/v1/conversations/{chat.conversation.pk}"
    match deed:
        case "typing":
            note_typing(chat.conversation.pk)
        case "assigned":
            owner_api.post(f"{there}/assign/", {"assignee": "me"}, format="json")
        case "answered":
            answer(owner_api, chat, "One moment.")
        case "new words":
            chat.write("Are you still there?")
    tick()
    assert chat.conversation.status == "support_active" and returns() == 0


def test_while_it_can_not_be_known_who_types_nothing_goes_back(
    chat: Chat, owner_api: APIClient, settings: Settings
) -> None:
    from core.lib.redis import redis_client

    chat.ask(QUESTION)
    take_over(owner_api, chat)
    let_pass(31)
    known, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:9/0"
    redis_client.cache_clear()
    try:
        return_idle_conversations()
    finally:
        settings.REDIS_URL = known
        redis_client.cache_clear()
    assert chat.conversation.status == "support_active"


@pytest.mark.parametrize(
    "settled",
    [
        {"auto_response_enabled": False},
        {"mode": "draft"},
        {"return_to_ai_after_minutes": None},
        {"business_hours_only": True},
    ],
    ids=str,
)
def test_an_ai_that_can_not_serve_gets_nothing(
    chat: Chat, owner_api: APIClient, business: Business, settled: dict[str, Any]
) -> None:
    from django.utils import timezone

    from settings_app.models import Holiday

    for days in (-1, 0, 1):
        day = timezone.now().date() + timedelta(days=days)
        Holiday.objects.create(business=business, date=day)
    chat.ask(QUESTION)
    take_over(owner_api, chat)
    let_pass(31)
    AIModelConfig.objects.update(**settled)
    tick()
    assert chat.conversation.status == "support_active"


def test_with_people_first_the_ai_helps_out(chat: Chat, owner_api: APIClient) -> None:
    owner_api.put("/api/v1/ai/default-handler/", {"default_reply_handler": "Manual"})
    chat.write(QUESTION)
    settle()
    assert chat.said() == []
    let_pass(31)
    tick()
    assert [message.text for message in chat.said()] == [SHIPPING]


def test_closed_ones_and_other_businesses_stay_as_they_are(
    chat: Chat,
    owner_api: APIClient,
    other_owner: User,
    other_business: Business,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    chat.ask(QUESTION)
    owner_api.post(f"/api/v1/conversations/{chat.conversation.pk}/close/")
    theirs = Channel.objects.create(business=other_business, kind="webchat")
    other = Chat(theirs)
    other_owner.default_reply_handler = "Manual"
    other_owner.save()
    other.write("Hello")
    let_pass(600)
    tick()
    assert set(Conversation.objects.values_list("status", flat=True)) == {
        "closed",
        "support_active",
    }
    AIModelConfig.objects.update(return_to_ai_after_minutes=None)
    with django_assert_num_queries(1):
        return_idle_conversations()
