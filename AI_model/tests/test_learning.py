"""What people answer after a hand-over becomes an entry that the AI answers from."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Business, User
from AI_model.models import AIRun
from AI_model.testing.chats import settle
from messaging.models import Channel, Message
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)

PROPOSALS = "/api/v1/knowledge/proposals/"
QUESTION = "Do you rent out tandems for the weekend?"
ANSWER = "Yes, a tandem costs 60 euros from Friday evening to Monday morning."


class Visitor:
    """A new visitor of the web chat, over HTTP."""

    def __init__(self, channel: Channel) -> None:
        self.client, self.root, self.count = Client(), f"/widget/{channel.pk}/", 0
        token = self.client.post(f"{self.root}visitors/").json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}
        self.conversation_id = ""

    def say(self, text: str) -> str:
        """Our last words after it."""
        self.count += 1
        body = {"text": text, "client_key": f"key-{self.count}"}
        said = self.client.post(
            f"{self.root}messages/", body, content_type="application/json", headers=self.headers
        )
        assert said.status_code == 201
        settle()
        latest = Message.objects.filter(text=text, type="customer").latest("created_at")
        self.conversation_id = latest.conversation_id
        page = self.client.get(f"{self.root}messages/", headers=self.headers).json()
        words = [m["text"] for m in page["messages"] if m["type"] != "customer"]
        return str(words[-1]) if words else ""


@pytest.fixture
def entries(settings: Any, business: Business) -> list[KnowledgeEntry]:
    settings.REPLY_QUIET_PERIOD_MS = 0
    known = {
        "Do you ship to Norway?": "We ship to Norway within five days.",
        "What does a repair cost?": "A small repair costs 15 euros.",
        "When are you open?": "We are open from nine to six.",
    }
    return [
        KnowledgeEntry.objects.create(business=business, question=question, answer=answer)
        for question, answer in known.items()
    ]


@pytest.fixture
def api(owner: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(owner)
    return client


@pytest.fixture
def visitor(webchat_channel: Channel, entries: list[KnowledgeEntry]) -> Visitor:
    return Visitor(webchat_channel)


def answer(api: APIClient, visitor: Visitor, *texts: str) -> None:
    for text in texts:
        url = f"/api/v1/conversations/{visitor.conversation_id}/messages/"
        assert api.post(url, {"text": text}, format="json").status_code == 201
    settle()


def look(api: APIClient) -> list[dict[str, Any]]:
    """All proposals after a look."""
    assert api.post(f"{PROPOSALS}look/").status_code == 202
    settle()
    found: list[dict[str, Any]] = api.get(PROPOSALS).json()["results"]
    return found


def learn(api: APIClient, visitor: Visitor, question: str, *texts: str) -> dict[str, Any]:
    """Asked, handed over, answered by a person and looked for; the only proposal then."""
    assert "colleague" in visitor.say(question)
    answer(api, visitor, *texts)
    (proposal,) = look(api)
    return proposal


def test_what_a_person_answered_once_the_ai_answers_the_next_customer(
    api: APIClient, visitor: Visitor, webchat_channel: Channel
) -> None:
    proposal = learn(api, visitor, QUESTION, "Hello! One moment please.", ANSWER)
    assert (proposal["question"], proposal["answer"]) == (QUESTION, ANSWER)
    assert (proposal["state"], proposal["asked"], proposal["language"]) == ("open", 1, "en")
    detail = api.get(f"{PROPOSALS}{proposal['id']}/").json()
    assert [part["conversation_id"] for part in detail["parts"]] == [visitor.conversation_id]
    approved = api.post(f"{PROPOSALS}{proposal['id']}/approve/", {}, format="json")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    entry = KnowledgeEntry.objects.get(pk=approved.json()["entry_id"])
    assert (entry.question, entry.answer) == (QUESTION, ANSWER)

    settle()
    assert Visitor(webchat_channel).say(QUESTION) == ANSWER
    assert AIRun.objects.latest("started_at").outcome == "answered"
