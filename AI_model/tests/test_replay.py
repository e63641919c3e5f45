"""Past questions asked again: what is asked, what is compared, and what it leaves alone."""

from typing import Any

import pytest
from django.core import serializers

from accounts.models import Business, User
from AI_model.models import AIRun, ReplayTurn
from AI_model.testing.chats import SHIPPING, Chat
from AI_model.testing.replays import replay, verdicts
from core.lib.errors import Conflict
from messaging.models import Conversation, Message, OutboundChunk
from settings_app.models import KnowledgeEntry
from settings_app.services import change_entry, delete_entry, save_draft, save_entry

pytestmark = pytest.mark.django_db(transaction=True)

NORWAY = "do you ship to norway"
REPAIR = "price of fixing a flat tyre"
OPENING = "when do you open in the morning?"


@pytest.fixture
def asked(chat: Chat, owner: User) -> Chat:
    """Two questions that were answered, and one that went to people."""
    chat.ask(NORWAY)
    chat.ask(REPAIR)
    chat.ask(OPENING)
    assert chat.conversation.handover_reason == "no_support"
    return chat


def customers_rows() -> str:
    rows: list[Any] = [*Conversation.objects.all(), *Message.objects.all(), *AIRun.objects.all()]
    return str(serializers.serialize("json", [*rows, *OutboundChunk.objects.all()]))


def test_what_is_published_answers_as_it_did(asked: Chat, business: Business) -> None:
    before = customers_rows()

    done = replay(business)

    assert (done.state, done.done, done.total, done.problem) == ("done", 3, 3, "")
    assert verdicts(done) == {NORWAY: "same", REPAIR: "same", OPENING: "same"}
    assert customers_rows() == before, "nothing is sent, and no row of a customer changes"
    first = ReplayTurn.objects.get(question=NORWAY)
    assert first.before["outcome"] == first.after["outcome"] == "answered"
    assert first.before["text"] == first.after["text"] == SHIPPING
    assert first.before["entries"] == first.after["entries"] != []
    assert list(ReplayTurn.objects.values_list("question", flat=True)) == [OPENING, REPAIR, NORWAY]


def test_a_draft_shows_what_would_be_answered_otherwise_newly_or_no_more(
    asked: Chat, business: Business, knowledge: KnowledgeEntry
) -> None:
    change_entry(entry=knowledge, changes={"answer": "We ship nowhere."}, as_draft=True)
    delete_entry(entry=KnowledgeEntry.objects.get(question__contains="repair"), as_draft=True)
    question = "When do you open in the morning?"
    new = save_entry(business=business, question=question, answer="At nine.", as_draft=True)

    tried = replay(business, draft=True)

    assert verdicts(tried) == {NORWAY: "changed", REPAIR: "handed_over", OPENING: "answered"}
    opening = ReplayTurn.objects.get(question=OPENING)
    assert (opening.before["outcome"], opening.before["reason"]) == ("handed_over", "no_support")
    assert opening.after["text"] == "At nine." and opening.after["entries"] == [new.pk]
    assert ReplayTurn.objects.get(question=NORWAY).after["text"] == "We ship nowhere."
    published = replay(business)
    assert set(verdicts(published).values()) == {"same"}, "the draft changed nothing that counts"


def test_the_drafted_prompts_are_tried(asked: Chat, business: Business) -> None:
    pair = "Q: When do you open in the morning?\nA: At ten."
    save_draft(business=business, texts={"question_answer": pair})

    tried = replay(business, draft=True)

    assert verdicts(tried)[OPENING] == "answered"
    assert ReplayTurn.objects.get(question=OPENING).after["text"] == "At ten."
    with pytest.raises(Conflict):
        replay(Business.objects.create(name="Another"), draft=True)


def test_each_wording_is_asked_once_the_newest_first_and_as_many_as_wanted(
    chat: Chat, business: Business
) -> None:
    chat.ask(NORWAY)
    chat.ask(REPAIR)
    chat.ask("Do you ship  to NORWAY")
    assert AIRun.objects.count() == 3

    assert list(verdicts(replay(business))) == ["Do you ship  to NORWAY", REPAIR]
    assert list(verdicts(replay(business, most=1))) == ["Do you ship  to NORWAY"]


def test_questions_from_before_the_days_are_left_out(chat: Chat, business: Business) -> None:
    from datetime import timedelta

    from django.utils import timezone

    chat.ask(NORWAY)
    AIRun.objects.update(started_at=timezone.now() - timedelta(days=9))
    assert replay(business, days=7).total == 0
    assert replay(business, days=10).total == 1
