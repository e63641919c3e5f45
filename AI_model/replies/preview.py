"""What the AI would answer, said to nobody: no row of the conversation changes."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from AI_model.models import UsageRecord
from AI_model.replies.compose import Composition, compose
from AI_model.replies.offers import note_choice
from AI_model.replies.phrases import asks_for_person
from AI_model.replies.policy import Act, Facts, Reason, decide
from AI_model.replies.situation import Situation, read_situation, with_anger, with_offers
from AI_model.services.ledger import record_calls
from core.lib.errors import NotFound
from messaging.models import Conversation, Message

PURPOSE = "preview"


@dataclass(frozen=True, slots=True)
class Preview:
    """The composition, whose `reason` is set when people would get it, and its ledger rows."""

    situation: Situation
    composition: Composition
    calls: list[UsageRecord]


def preview_answer(*, conversation: Conversation, text: str, user: User) -> Preview:
    """Answer these words as if the customer wrote them now. Touches the network."""
    read = read_situation(conversation.pk)
    if read is None:
        raise NotFound("This conversation was erased.")
    situation = _as_if_written(read, text)
    decision = decide(situation.facts)
    if decision.act is Act.HAND_OVER:
        composition = Composition(reason=decision.reason or Reason.AI_OFF)
    else:
        composition = compose(situation, asked_by_person=True)
    calls = record_calls(
        business_id=situation.business.pk,
        purpose=PURPOSE,
        calls=composition.calls,
        conversation_id=conversation.pk,
        user=user,
    )
    return Preview(situation, composition, calls)


def _as_if_written(read: Situation, text: str) -> Situation:
    said = Message(
        business_id=read.business.pk,
        conversation=read.conversation,
        type=Message.Type.CUSTOMER,
        text=text,
        seq=read.conversation.revision + 1,
    )
    talk = [*read.talk, said]
    note_choice(talk, [said])
    facts = with_offers(_facts_of(read.facts, said.text), talk, [said])
    facts = with_anger(facts, talk, [said])
    return replace(read, talk=talk, unanswered=[said], facts=facts)


def _facts_of(facts: Facts, text: str) -> Facts:
    """As in a conversation that the AI has, just now and without a pause."""
    now = timezone.now()
    return replace(
        facts,
        now=now,
        status=Conversation.Status.ACTIVE,
        epoch_seen=facts.epoch,
        unanswered=True,
        last_customer_at=now,
        first_unanswered_at=now,
        quiet_period=timedelta(0),
        attempts=0,
        draft_mode=False,
        asks_for_person=asks_for_person(text),
        has_words=True,
        is_start=False,
        files_until=None,
        unread_files=False,
    )
