"""What people answer after a hand-over becomes an entry that the AI answers from."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business, SettingChange, User
from AI_model.maintenance import learn_from_people
from AI_model.models import AIModelConfig, AIRun, LearningMark, ProposalPart, ProposedEntry
from AI_model.services.learning import look as learn_now
from AI_model.services.learning_marks import mark_of
from AI_model.services.proposals import approve_proposal, reject_proposal
from AI_model.testing.chats import settle
from core.lib.errors import Conflict
from messaging.models import Channel, Customer, Message
from messaging.services.erasing import erase_customer
from messaging.services.receive import receive_events
from messaging.types import EventKind, InboundMessage
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


def test_without_a_look_nothing_is_learnt_and_a_second_look_changes_nothing(
    api: APIClient, visitor: Visitor
) -> None:
    first = learn(api, visitor, QUESTION, ANSWER)
    assert look(api) == [first]
    assert ProposalPart.objects.count() == 1


def test_the_same_question_of_two_customers_is_one_proposal_with_both_phrasings(
    api: APIClient, visitor: Visitor, webchat_channel: Channel
) -> None:
    learn(api, visitor, QUESTION, ANSWER)
    another = Visitor(webchat_channel)
    again = "Can I rent a tandem for the weekend?"
    another.say(again)
    answer(api, another, "Yes, a tandem is 65 euros from Friday evening to Monday morning.")
    (proposal,) = look(api)
    assert (proposal["question"], proposal["phrasings"]) == (QUESTION, [again])
    assert "65 euros" in proposal["answer"], "the latest answer"
    assert proposal["asked"] == 2


def test_no_look_goes_where_nothing_was_handed_over_for_want_of_knowledge(
    api: APIClient, visitor: Visitor
) -> None:
    assert "Norway" in visitor.say("Do you ship to Norway?")
    visitor.say("I want to talk to a human")
    answer(api, visitor, "Hello, this is Tom. We ship to Norway on Mondays only.")
    assert look(api) == []


def test_personal_data_is_in_no_proposal(api: APIClient, visitor: Visitor) -> None:
    question = "Ana Silva here, ana@example.com. Do you rent out tandems for the weekend?"
    visitor.say(question)
    Customer.objects.update(name="Ana Silva")
    answer(api, visitor, f"Hi Ana, {ANSWER}")
    (proposal,) = look(api)
    words = str(api.get(f"{PROPOSALS}{proposal['id']}/").json())
    assert "tandems for the weekend?" in proposal["question"]
    assert "Ana" not in words and "example.com" not in words
    assert proposal["answer"] == ANSWER


def test_an_answer_about_one_customers_order_is_not_proposed(
    api: APIClient, visitor: Visitor
) -> None:
    visitor.say("Where is my tandem, order 48213?")
    answer(api, visitor, "Your order 48213 will be with you on Monday.")
    assert look(api) == []


def test_what_was_rejected_is_not_proposed_again(
    api: APIClient, visitor: Visitor, webchat_channel: Channel
) -> None:
    proposal = learn(api, visitor, QUESTION, ANSWER)
    url = f"{PROPOSALS}{proposal['id']}/"
    assert api.post(f"{url}reject/").json()["state"] == "rejected"
    assert api.post(f"{url}reject/").status_code == 200, "the same decision again"
    refused = api.post(f"{url}approve/", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "decided")
    another = Visitor(webchat_channel)
    another.say("Do you rent out tandems for weekends?")
    answer(api, another, ANSWER)
    assert [row["id"] for row in look(api)] == [proposal["id"]]
    assert api.get(PROPOSALS, {"state": "open"}).json()["count"] == 0
    assert SettingChange.objects.filter(subject="proposal", after="rejected").count() == 1


def test_an_approved_proposal_stays_approved(api: APIClient, visitor: Visitor) -> None:
    proposal = learn(api, visitor, QUESTION, ANSWER)
    url = f"{PROPOSALS}{proposal['id']}/"
    words = {"question": "Tandems?", "answer": "Yes.", "phrasings": [QUESTION], "tags": ["rent"]}
    first = api.post(f"{url}approve/", words, format="json").json()
    assert api.post(f"{url}approve/", {}, format="json").json() == first
    assert api.post(f"{url}reject/").status_code == 409
    entry = KnowledgeEntry.objects.get(pk=first["entry_id"])
    assert (entry.question, entry.answer, entry.tags) == ("Tandems?", "Yes.", ["rent"])
    assert entry.phrasings == [QUESTION]
    assert look(api)[0]["state"] == "approved"


def test_approved_into_the_draft_it_counts_once_that_is_published(
    api: APIClient, visitor: Visitor, webchat_channel: Channel
) -> None:
    proposal = learn(api, visitor, QUESTION, ANSWER)
    url = f"{PROPOSALS}{proposal['id']}/approve/"
    assert api.post(url, {"as_draft": True}, format="json").json()["entry_id"] is None
    assert not KnowledgeEntry.objects.filter(question=QUESTION).exists()
    assert api.post("/api/v1/knowledge/publish/").status_code == 200
    settle()
    assert Visitor(webchat_channel).say(QUESTION) == ANSWER


def test_a_question_that_an_entry_has_already_is_a_conflict(
    api: APIClient, visitor: Visitor
) -> None:
    proposal = learn(api, visitor, QUESTION, ANSWER)
    url = f"{PROPOSALS}{proposal['id']}/approve/"
    refused = api.post(url, {"question": "When are you open?"}, format="json")
    assert refused.status_code == 409
    assert ProposedEntry.objects.get().state == "open"


def test_what_asks_the_same_as_an_entry_adds_phrasings_to_it(
    api: APIClient, visitor: Visitor, business: Business
) -> None:
    entry = KnowledgeEntry.objects.create(
        business=business, question="Renting a tandem", answer=ANSWER
    )
    AIModelConfig.objects.update_or_create(
        business=business, defaults={"caution": "careful", "offer_choices": False}
    )
    settle()
    asked = "can we hire one of your tandem bikes from friday"
    proposal = learn(api, visitor, asked, ANSWER)
    assert proposal["entry_id"] == entry.pk
    api.post(f"{PROPOSALS}{proposal['id']}/approve/", {}, format="json")
    entry.refresh_from_db()
    assert (entry.phrasings, entry.answer) == ([asked], ANSWER)


def test_an_erased_customers_words_leave_the_proposals(
    api: APIClient, visitor: Visitor, webchat_channel: Channel
) -> None:
    learn(api, visitor, QUESTION, ANSWER)
    another = Visitor(webchat_channel)
    again = "Can I rent a tandem for the weekend?"
    another.say(again)
    answer(api, another, ANSWER)
    look(api)
    for conversation_id, left in (
        (visitor.conversation_id, [again]),
        (another.conversation_id, []),
    ):
        customer = Customer.objects.get(conversations=conversation_id)
        counted = erase_customer(customer=customer, dry_run=True)
        assert counted["proposal_parts"] == 1
        assert erase_customer(customer=customer) == counted
        assert [row.question for row in ProposedEntry.objects.all()] == left
        assert [row.phrasings for row in ProposedEntry.objects.all()] == [[] for _ in left]
    assert look(api) == []


def test_a_message_taken_back_is_not_learnt_from(api: APIClient, visitor: Visitor) -> None:
    visitor.say(QUESTION)
    Message.objects.filter(text=QUESTION).update(redacted_at=timezone.now(), text="")
    answer(api, visitor, ANSWER)
    assert look(api) == []


def test_two_looks_at_once_make_no_double(
    api: APIClient, visitor: Visitor, business: Business
) -> None:
    visitor.say(QUESTION)
    answer(api, visitor, ANSWER)
    LearningMark.objects.all().delete()
    mark_of(business.pk)
    barrier = threading.Barrier(3)

    def run() -> None:
        try:
            barrier.wait(20)
            # As if the other one were taken to be dead: only the mark itself stands between them.
            LearningMark.objects.update(busy_until=None)
            learn_now(business_id=business.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ProposedEntry.objects.count() == ProposalPart.objects.count() == 1


def test_a_look_is_bounded_and_the_next_one_goes_on(
    api: APIClient, visitor: Visitor, webchat_channel: Channel, business: Business
) -> None:
    visitor.say(QUESTION)
    answer(api, visitor, ANSWER)
    another = Visitor(webchat_channel)
    another.say("Is there parking near your shop?")
    answer(api, another, "There are two places behind the house.")
    first = learn_now(business_id=business.pk, most=1)
    assert (first.conversations, first.proposals, first.done) == (1, 1, False)
    LearningMark.objects.update(looked_to=F("looked_to") + timedelta(minutes=5, microseconds=1))
    rest = learn_now(business_id=business.pk)
    assert (rest.conversations, rest.proposals, rest.done) == (1, 1, True)


def test_the_nightly_look_and_the_command_find_the_same(
    api: APIClient, visitor: Visitor, owner: User, capsys: pytest.CaptureFixture[str]
) -> None:
    visitor.say(QUESTION)
    answer(api, visitor, ANSWER)
    call_command("learn", user=owner.username)
    assert json.loads(capsys.readouterr().out)["open"] == 1
    ProposedEntry.objects.all().delete()
    LearningMark.objects.all().delete()
    learn_from_people()
    settle()
    assert api.get(PROPOSALS).json()["count"] == 1


def test_agents_read_proposals_and_do_not_decide(
    api: APIClient, visitor: Visitor, agent: User
) -> None:
    proposal = learn(api, visitor, QUESTION, ANSWER)
    colleague = APIClient()
    colleague.force_authenticate(agent)
    assert colleague.get(PROPOSALS).json()["count"] == 1
    for ending in ("look/", f"{proposal['id']}/approve/", f"{proposal['id']}/reject/"):
        assert colleague.post(f"{PROPOSALS}{ending}", {}, format="json").status_code == 403


@pytest.mark.parametrize("taken_back", [QUESTION, ANSWER])
def test_what_is_taken_back_later_leaves_the_proposals(
    api: APIClient, visitor: Visitor, webchat_channel: Channel, taken_back: str
) -> None:
    learn(api, visitor, QUESTION, ANSWER)
    message = Message.objects.select_related("conversation").get(text=taken_back)
    Message.objects.filter(pk=message.pk).update(external_id="said")
    event = InboundMessage(
        kind=EventKind.REDACTED,
        dedupe_key="back",
        conversation_key=message.conversation.external_id,
        customer_key=message.conversation.external_id,
        external_id="said",
    )
    receive_events(channel=webchat_channel, events=[event], raw=b"{}")
    assert not Message.objects.filter(text=taken_back).exists()
    assert not ProposedEntry.objects.exists()
    assert look(api) == []


def test_of_two_decisions_at_once_one_is_made(
    api: APIClient, visitor: Visitor, owner: User
) -> None:
    learn(api, visitor, QUESTION, ANSWER)
    proposal = ProposedEntry.objects.get()
    barrier, made = threading.Barrier(4), []

    def decide(service: Any) -> None:
        try:
            barrier.wait(20)
            made.append(service(proposal=proposal, user=owner, via="api").state)
        except Conflict:
            made.append("conflict")
        finally:
            connection.close()

    services = [approve_proposal, approve_proposal, reject_proposal, reject_proposal]
    threads = [threading.Thread(target=decide, args=[service]) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    proposal.refresh_from_db()
    assert sorted(made) == sorted([proposal.state] * 2 + ["conflict"] * 2)
    entries = KnowledgeEntry.objects.filter(question=QUESTION).count()
    assert entries == (1 if proposal.state == "approved" else 0)
