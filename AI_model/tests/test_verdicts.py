"""An agent says whether an answer was right."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from AI_model.models import AIRun, AnswerVerdict
from AI_model.testing.chats import Chat
from messaging.models import Conversation, Message
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def answer(chat: Chat) -> Message:
    return chat.ask("do you ship to norway")


def judge(api: APIClient, message: Message, right: Any, status: int = 200) -> dict[str, Any]:
    address = f"/api/v1/messages/{message.pk}/verdict/"
    answer = api.post(address, {"right": right}, format="json")
    assert answer.status_code == status, answer.content
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("right", [True, False])
def test_a_verdict_is_kept_with_the_score_of_the_answers_entry(
    answer: Message, agent_api: APIClient, agent: User, knowledge: KnowledgeEntry, right: bool
) -> None:
    assert judge(agent_api, answer, right)["verdict"] is right
    verdict = AnswerVerdict.objects.get()
    score = AIRun.objects.get().passages[0]["score"]
    assert (verdict.source, verdict.right, verdict.user) == ("agent", right, agent)
    assert (verdict.entry_id, verdict.score) == (knowledge.pk, score)
    shown = agent_api.get(f"/api/v1/conversations/{answer.conversation_id}/messages/").json()
    assert [m["verdict"] for m in shown["results"]] == [None, right]


def test_the_last_word_counts_and_can_be_taken_back(
    answer: Message, agent_api: APIClient, owner_api: APIClient, owner: User
) -> None:
    judge(agent_api, answer, True)
    judge(owner_api, answer, False)
    verdict = AnswerVerdict.objects.get()
    assert (verdict.right, verdict.user) == (False, owner)
    assert judge(agent_api, answer, None)["verdict"] is None
    assert not AnswerVerdict.objects.exists()


def test_a_verdict_is_told_to_watchers_and_moves_no_conversation(
    answer: Message, agent_api: APIClient
) -> None:
    before = Conversation.objects.get()
    judge(agent_api, answer, True)
    after = Conversation.objects.get()
    assert after.revision == before.revision + 1
    assert after.updated_at == before.updated_at
    address = f"/api/v1/conversations/{after.pk}/messages/?after={before.revision}"
    [changed] = agent_api.get(address).json()["results"]
    assert (changed["id"], changed["verdict"]) == (answer.pk, True)


def test_only_answers_of_the_ai_are_judged(answer: Message, agent_api: APIClient) -> None:
    asked = Message.objects.get(type="customer")
    assert judge(agent_api, asked, True, status=409)["code"] == "not_an_answer"
    assert not AnswerVerdict.objects.exists()


@pytest.mark.parametrize("right", ["perhaps", 3, [], {}])
def test_a_verdict_is_yes_no_or_nothing(answer: Message, agent_api: APIClient, right: Any) -> None:
    assert "right" in judge(agent_api, answer, right, status=400)["fields"]


def test_what_rests_on_nothing_moves_no_threshold(chat: Chat, agent_api: APIClient) -> None:
    handed_over = chat.ask("Who won the chess championship of 1972?")
    judge(agent_api, handed_over, False)
    verdict = AnswerVerdict.objects.get()
    assert (verdict.entry_id, verdict.score) == ("", 0.0)


def test_another_businesss_answer_is_not_found(answer: Message, other_api: APIClient) -> None:
    judge(other_api, answer, True, status=404)
    assert not AnswerVerdict.objects.exists()
