"""The AI's side of a conversation: claim it, answer it, or hand it to people.

Every statement here carries its own condition (claim, epoch, status, watermark), so whatever
happened meanwhile makes it change nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from core.lib.clock import database_now
from core.lib.ids import new_id
from messaging.models import Conversation, Message
from messaging.services.conversations import NO_CLAIM
from messaging.services.thread import add_note, advance, drop_queued_ai, last_words, queue_message
from messaging.signals import conversation_changed

ACTIVE, SUPPORT_ACTIVE = Conversation.Status.ACTIVE, Conversation.Status.SUPPORT_ACTIVE


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer one conversation up to a mark, while nobody else stepped in."""

    conversation: Conversation
    token: str
    epoch: int
    upto_seq: int

    def holds(self) -> Q:
        return Q(claim_token=self.token, epoch=self.epoch, status=ACTIVE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the AI wants to say, and what it rests on."""

    text: str
    citations: list[dict[str, Any]] = field(default_factory=list)


def unclaimed() -> Q:
    return Q(claim_token="") | Q(claim_until__lt=database_now())


def claim_conversation(*, conversation: Conversation) -> Claim | None:
    """Take it for one run, as it was when read; None when it changed or is taken."""
    token = new_id()
    changed = (
        Conversation.objects.filter(
            unclaimed(),
            pk=conversation.pk,
            status=ACTIVE,
            epoch=conversation.epoch,
            last_customer_seq=conversation.last_customer_seq,
            answered_seq__lt=F("last_customer_seq"),
        )
        .update(
            claim_token=token,
            claim_until=database_now(plus=settings.CLAIM_SECONDS),
            claim_attempts=F("claim_attempts") + 1,
        )
    )
    if not changed:
        return None
    return Claim(conversation, token, conversation.epoch, conversation.last_customer_seq)


def extend_claims(tokens: Collection[str]) -> None:
    """The heartbeat of running answers: one statement for all of a process."""
    Conversation.objects.filter(claim_token__in=list(tokens)).update(
        claim_until=database_now(plus=settings.CLAIM_SECONDS)
    )


def release_claim(claim: Claim, *, restarted: bool = False) -> None:
    """Let go without an answer; `restarted` counts a run that newer words made stale."""
    Conversation.objects.filter(pk=claim.conversation.pk, claim_token=claim.token).update(
        claim_token="",
        claim_until=None,
        claim_attempts=0 if restarted else F("claim_attempts"),
        restarts=F("restarts") + (1 if restarted else 0),
    )


def commit_answer(*, claim: Claim, answer: Answer, despite_newer: bool) -> Message | None:
    """Queue the answer if the claim still holds; None when someone stepped in or wrote more.

    With `despite_newer` it is sent though the customer wrote on (they get another answer then).
    """
    with transaction.atomic(savepoint=False):
        conversation = advance(
            claim.conversation,
            where=claim.holds() & (Q() if despite_newer else Q(last_customer_seq=claim.upto_seq)),
            answered_seq=claim.upto_seq,
            ai_turns=F("ai_turns") + 1,
            first_unanswered_at=F("last_customer_at") if despite_newer else None,
            suggestion=None,
            **NO_CLAIM,
            **last_words(Message.Type.AI, answer.text),
        )
        if conversation is None:
            return None
        message = queue_message(
            conversation,
            type=Message.Type.AI,
            text=answer.text,
            citations=answer.citations,
            answers_seq=claim.upto_seq,
        )
        conversation_changed.send(sender=Conversation, conversation=conversation)
        return message


def commit_suggestion(*, claim: Claim, answer: Answer) -> bool:
    """Draft mode: leave the answer for a person instead of sending it."""
    suggestion = {"text": answer.text, "citations": answer.citations, "upto_seq": claim.upto_seq}
    with transaction.atomic(savepoint=False):
        conversation = advance(
            claim.conversation,
            where=claim.holds(),
            suggestion=suggestion,
            answered_seq=claim.upto_seq,
            **NO_CLAIM,
        )
        if conversation is not None:
            conversation_changed.send(sender=Conversation, conversation=conversation)
        return conversation is not None


def hand_over(*, claim: Claim, reason: str, note: str, summary: str, text: str) -> Message | None:
    """Give the conversation to people and tell the customer so: both or neither.

    Returns the message to the customer, or None when the claim no longer holds.
    """
    with transaction.atomic(savepoint=False):
        conversation = advance(
            claim.conversation,
            where=claim.holds(),
            steps=2,
            status=SUPPORT_ACTIVE,
            epoch=F("epoch") + 1,
            handover_reason=reason,
            handover_summary=summary,
            answered_seq=F("last_customer_seq"),
            needs_a_look=True,
            suggestion=None,
            **NO_CLAIM,
            **last_words(Message.Type.AI, text),
        )
        if conversation is None:
            return None
        drop_queued_ai(conversation, code="handed_over", detail="Not sent: people answer now.")
        message = queue_message(
            conversation,
            type=Message.Type.AI,
            text=text,
            seq=conversation.revision - 1,
            answers_seq=claim.upto_seq,
        )
        add_note(conversation, note)
        conversation_changed.send(sender=Conversation, conversation=conversation)
        return message


def conversations_due(*, older_than: float, limit: int = 500) -> QuerySet[Conversation, str]:
    """Ids of conversations that wait for the AI while nobody works on them."""
    return (
        Conversation.objects.filter(
            unclaimed(),
            status=ACTIVE,
            answered_seq__lt=F("last_customer_seq"),
            last_customer_at__lt=database_now(plus=-older_than),
        )
        .order_by("last_customer_at")
        .values_list("pk", flat=True)[:limit]
    )
