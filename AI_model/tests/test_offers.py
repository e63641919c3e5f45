"""An unclear question in the web chat: an offer, what is chosen of it, and what comes of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Business, User
from AI_model.models import AIModelConfig, AIRun, AnswerVerdict
from AI_model.testing.chats import settle
from AI_model.testing.offers import ANSWERS, UNCLEAR, make_unclear
from messaging.models import Channel, Conversation, Message
from messaging.services.conversations import close_conversation, return_to_ai, take_over
from settings_app.models import KnowledgeEntry

pytestmark = pytest.mark.django_db(transaction=True)


class Visitor:
    """A visitor of the web chat, over HTTP."""

    def __init__(self, client: Client, channel: Channel) -> None:
        self.client, self.root, self.count = client, f"/widget/{channel.pk}/", 0
        token = client.post(f"{self.root}visitors/").json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def write(self, **body: Any) -> Any:
        self.count += 1
        body["client_key"] = f"key-{self.count}"
        return self.client.post(
            f"{self.root}messages/", body, content_type="application/json", headers=self.headers
        )

    def say(self, text: str) -> dict[str, Any]:
        assert self.write(text=text).status_code == 201
        return self.heard()

    def choose(self, option_id: str) -> dict[str, Any]:
        assert self.write(option=option_id).status_code == 201
        return self.heard()

    def heard(self) -> dict[str, Any]:
        """The last words of ours, once everything due has happened."""
        settle()
        page = self.client.get(f"{self.root}messages/", headers=self.headers).json()
        last: dict[str, Any] = [m for m in page["messages"] if m["type"] != "customer"][-1]
        return last


@pytest.fixture
def entries(owner: User, business: Business) -> dict[str, KnowledgeEntry]:
    return make_unclear(business)


@pytest.fixture
def visitor(
    client: Client, webchat_channel: Channel, entries: dict[str, KnowledgeEntry]
) -> Visitor:
    return Visitor(client, webchat_channel)


def conversation() -> Conversation:
    return Conversation.objects.select_related("channel").get()


def test_an_unclear_question_is_answered_with_a_choice(
    visitor: Visitor, entries: dict[str, KnowledgeEntry]
) -> None:
    offer = visitor.say(UNCLEAR)
    assert offer["text"] == "Did you mean one of these?"
    titles = {option["title"] for option in offer["options"][:-1]}
    assert titles == set(ANSWERS)
    assert offer["options"][-1] == {"id": "none", "title": "None of these"}
    run = AIRun.objects.get()
    assert (run.outcome, run.message_id) == ("offered", offer["id"])
    assert (conversation().status, conversation().ai_turns) == ("active", 1)


def test_what_is_chosen_is_answered_with_exactly_that_entry(
    visitor: Visitor, entries: dict[str, KnowledgeEntry]
) -> None:
    visitor.say(UNCLEAR)
    question, entry = next(iter(entries.items()))
    answer = visitor.choose(entry.pk)
    assert answer["text"] == ANSWERS[question]
    run = AIRun.objects.latest("started_at")
    assert run.outcome == "answered"
    assert [(p["id"], p["score"]) for p in run.passages] == [(entry.pk, 1.0)]
    said = Message.objects.filter(type="customer").latest("seq")
    assert (said.text, said.details["button"]) == (question, f"offer:{entry.pk}")


def test_a_choice_is_a_verdict_at_the_score_it_was_offered_with(
    visitor: Visitor, entries: dict[str, KnowledgeEntry]
) -> None:
    offer = visitor.say(UNCLEAR)
    second = offer["options"][1]["id"]
    visitor.choose(second)
    verdict = AnswerVerdict.objects.get()
    offered = {p["id"]: p["score"] for p in AIRun.objects.get(outcome="offered").passages}
    assert (verdict.source, verdict.right, verdict.message_id) == ("choice", True, offer["id"])
    assert (verdict.entry_id, verdict.score) == (second, offered[second])


def test_none_of_these_goes_to_people_and_says_that_the_best_was_wrong(visitor: Visitor) -> None:
    offer = visitor.say(UNCLEAR)
    assert "colleague" in visitor.choose("none")["text"]
    assert conversation().handover_reason == "no_support"
    verdict = AnswerVerdict.objects.get()
    assert (verdict.right, verdict.entry_id) == (False, offer["options"][0]["id"])


def test_a_number_or_a_title_in_words_is_a_choice_too(visitor: Visitor) -> None:
    offer = visitor.say(UNCLEAR)
    answer = visitor.say("2")
    assert answer["text"] == ANSWERS[offer["options"][1]["title"]]
    assert AnswerVerdict.objects.get().entry_id == offer["options"][1]["id"]


def test_a_number_without_an_offer_is_no_choice(visitor: Visitor) -> None:
    offer = visitor.say(UNCLEAR)
    visitor.choose(offer["options"][0]["id"])
    assert visitor.say("2")["text"] not in ANSWERS.values()


def test_a_second_unclear_question_in_a_row_goes_to_people(visitor: Visitor) -> None:
    visitor.say(UNCLEAR)
    assert "colleague" in visitor.say("my delivery")["text"]
    assert conversation().handover_reason == "no_support"
    assert AIRun.objects.filter(outcome="offered").count() == 1


def test_after_an_answer_one_may_offer_again(visitor: Visitor) -> None:
    offer = visitor.say(UNCLEAR)
    visitor.choose(offer["options"][0]["id"])
    assert visitor.say(UNCLEAR)["options"] == offer["options"]


def test_a_business_may_do_without_offers(visitor: Visitor) -> None:
    AIModelConfig.objects.update(offer_choices=False)
    assert "colleague" in visitor.say(UNCLEAR)["text"]


def test_a_chosen_entry_that_is_gone_is_looked_for_by_its_title(
    visitor: Visitor, entries: dict[str, KnowledgeEntry]
) -> None:
    visitor.say(UNCLEAR)
    question, entry = "What does delivery cost?", entries["What does delivery cost?"]
    option_id = entry.pk
    entry.delete()
    KnowledgeEntry.objects.create(
        business=entry.business, question=question, phrasings=[question], answer="Six euros."
    )
    AIModelConfig.objects.update(caution="bold", calibration={})
    assert visitor.choose(option_id)["text"] == "Six euros."


@pytest.mark.parametrize("back_to_the_ai", [False, True])
def test_a_press_on_an_offer_from_before_a_takeover_is_only_shown(
    visitor: Visitor, entries: dict[str, KnowledgeEntry], owner: User, back_to_the_ai: bool
) -> None:
    offer = visitor.say(UNCLEAR)
    take_over(conversation=conversation(), user=owner)
    if back_to_the_ai:
        return_to_ai(conversation=conversation(), user=owner)
    before = conversation().status
    assert visitor.choose(offer["options"][0]["id"])["id"] == offer["id"]
    assert Message.objects.filter(type="customer").count() == 2
    assert conversation().status == before
    assert not AnswerVerdict.objects.exists()


def test_a_press_after_the_chat_was_closed_opens_it_and_is_answered(
    visitor: Visitor, entries: dict[str, KnowledgeEntry], owner: User
) -> None:
    offer = visitor.say(UNCLEAR)
    close_conversation(conversation=conversation(), user=owner)
    answer = visitor.choose(offer["options"][0]["id"])
    assert answer["text"] == ANSWERS[offer["options"][0]["title"]]


def test_what_nobody_offered_cannot_be_chosen(
    visitor: Visitor, entries: dict[str, KnowledgeEntry]
) -> None:
    entry = next(iter(entries.values()))
    for option in (entry.pk, "none", "", 3, "x" * 5000):
        answer = visitor.write(option=option)
        assert (answer.status_code, answer.json()["code"]) == (400, "no_option")
    assert not Message.objects.exists()


def test_in_draft_mode_the_choices_are_a_list_for_a_person(visitor: Visitor) -> None:
    AIModelConfig.objects.update(mode="draft")
    assert visitor.write(text=UNCLEAR).status_code == 201
    settle()
    suggestion = conversation().suggestion
    assert suggestion is not None
    assert suggestion["text"].startswith("Did you mean one of these?\n\n1. ")
    assert "None of these" not in suggestion["text"]
    assert AIRun.objects.get().outcome == "drafted"


ANGER = "THIS IS RIDICULOUS, what a terrible service!!!"


def test_an_angry_customer_gets_no_choice_but_a_person(visitor: Visitor) -> None:
    assert "colleague" in visitor.say(f"{ANGER} {UNCLEAR}")["text"]
    assert not AIRun.objects.filter(outcome="offered").exists()


def test_anger_that_goes_on_after_an_answer_goes_to_people(
    visitor: Visitor, entries: dict[str, KnowledgeEntry]
) -> None:
    AIModelConfig.objects.update(caution="bold", calibration={})
    business = entries["What does delivery cost?"].business
    KnowledgeEntry.objects.create(business=business, question=ANGER, answer="We are sorry.")
    assert visitor.say(ANGER)["text"] == "We are sorry."
    assert "colleague" in visitor.say(ANGER)["text"]
    assert conversation().handover_reason == "angry"


@pytest.mark.parametrize("ended", [False, True])
def test_a_chosen_entry_counts_only_in_its_days(
    visitor: Visitor, entries: dict[str, KnowledgeEntry], ended: bool
) -> None:
    visitor.say(UNCLEAR)
    entry = entries["What does delivery cost?"]
    entry.valid_to = timezone.localdate() + timedelta(days=-2 if ended else 2)
    entry.save()
    assert (visitor.choose(entry.pk)["text"] == entry.answer) is not ended
