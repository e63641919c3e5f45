"""An answer as a draft for a customer: kept at the answer box, sent by nobody."""

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from ai_chat.models import AIChat, AIMessage
from ai_chat.services.chats import start_chat
from messaging.models import Channel, Conversation, Message, OutboundChunk
from messaging.services.conversations import close_conversation
from messaging.tests.inbox_data import customer_says

pytestmark = pytest.mark.django_db
ApiFor = Callable[[User], APIClient]
WORDS = "We are open until six."


@pytest.fixture
def conversation(webchat_channel: Channel) -> Conversation:
    return customer_says(webchat_channel, "Until when are you open?")


@pytest.fixture
def chat(agent: User, conversation: Conversation) -> AIChat:
    return start_chat(user=agent, related_id=conversation.pk)


def answer_in(chat: AIChat, words: str = WORDS, state: str = "done") -> AIMessage:
    position = AIMessage.objects.filter(chat=chat).count() + 1
    return AIMessage.objects.create(
        business_id=chat.business_id,
        chat=chat,
        position=position,
        role="assistant",
        content=words,
        state=state,
    )


def address(message: AIMessage) -> str:
    return f"/api/ai/messages/{message.pk}/insert_draft/"


def test_a_draft_waits_in_the_inbox_and_nothing_is_sent(
    api_for: ApiFor, agent: User, chat: AIChat, conversation: Conversation
) -> None:
    before = list(Message.objects.values_list("pk", flat=True))
    status = Conversation.objects.get(pk=conversation.pk).status
    answer = api_for(agent).post(address(answer_in(chat)))
    assert answer.status_code == 200
    url = f"/inbox/{conversation.pk}/"
    assert answer.json() == {"conversation_id": conversation.pk, "url": url}

    assert list(Message.objects.values_list("pk", flat=True)) == before
    assert not OutboundChunk.objects.exists()
    kept = Conversation.objects.get(pk=conversation.pk)
    assert (kept.status, kept.assigned_to) == (status, None)
    client = Client()
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    page = client.get(url).content.decode()
    assert "Suggested answer" in page and WORDS in page


@pytest.mark.parametrize(
    ("words", "state", "code"),
    [(WORDS, "streaming", "answering"), (" ", "done", "not_an_answer")],
)
def test_only_an_ended_answer_is_a_draft(
    api_for: ApiFor, agent: User, chat: AIChat, words: str, state: str, code: str
) -> None:
    answer = api_for(agent).post(address(answer_in(chat, words, state)))
    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_a_chat_about_nobody_and_a_closed_conversation_take_no_draft(
    api_for: ApiFor, agent: User, chat: AIChat, conversation: Conversation
) -> None:
    alone = api_for(agent).post(address(answer_in(start_chat(user=agent))))
    assert (alone.status_code, alone.json()["code"]) == (409, "no_conversation")
    close_conversation(conversation=conversation, user=agent)
    closed = api_for(agent).post(address(answer_in(chat)))
    assert (closed.status_code, closed.json()["code"]) == (409, "closed")


def test_who_may_not_read_the_conversation_any_more_leaves_nothing_there(
    api_for: ApiFor, agent: User, stranger: User, chat: AIChat, conversation: Conversation
) -> None:
    message = answer_in(chat)
    assert api_for(stranger).post(address(message)).status_code == 404
    User.objects.filter(pk=agent.pk).update(business=stranger.business)
    AIChat.objects.update(business=stranger.business)
    AIMessage.objects.update(business=stranger.business)
    agent.refresh_from_db()
    assert api_for(agent).post(address(message)).status_code == 404
    assert not Conversation.objects.get(pk=conversation.pk).suggestion
