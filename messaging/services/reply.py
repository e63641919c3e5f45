"""The AI's side of a conversation: claim it, answer it, or hand it to people.

Every statement here carries its own condition (claim, epoch, status, watermark), so whatever
happened meanwhile makes it change nothing.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from core.lib.clock import database_now
from core.lib.ids import new_id
from core.lib.prepared import Update, prepared_update
from messaging.models import Conversation, Message, OutboundChunk
from messaging.services.lanes import LANE_SECONDS, is_down, lane_is_free
from messaging.services.moves import NO_CLAIM
from messaging.services.status_log import By, note_change
from messaging.services.thread import (
    add_note,
    advance,
    begin_message,
    carry_relations,
    drop_queued_ai,
    fits_one_chunk,
    last_words,
    preview,
    queue_message,
    sent_words,
)
from messaging.signals import conversation_changed

ANSWERED: dict[str, Any] = {"ai_turns": F("ai_turns") + 1, "suggestion": None, **NO_CLAIM}
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
    """What the AI wants to say, what it rests on, and what it offers to choose from."""

    text: str
    citations: list[dict[str, Any]] = field(default_factory=list)
    options: list[dict[str, str]] = field(default_factory=list)

    @property
    def details(self) -> dict[str, Any]:
        return {"options": self.options} if self.options else {}


@dataclass(frozen=True, slots=True)
class Begun:
    """A send that was begun in the database: `chunk` is `sending`, the caller holds `lane` since
    the monotonic time `claimed_at`."""

    chunk: OutboundChunk
    lane: str
    claimed_at: float


@dataclass(frozen=True, slots=True)
class Committed:
    """An answer that was written; `begun` is None when it waits in the queue."""

    message: Message
    begun: Begun | None = None


def unclaimed() -> Q:
    return Q(claim_token="") | Q(claim_until__lt=database_now())


@prepared_update
def take_claim(
    conversation_id: str, token: str, epoch: int, last_customer_seq: int
) -> Update[Conversation]:
    as_read = Conversation.objects.filter(
        unclaimed(),
        pk=conversation_id,
        status=ACTIVE,
        epoch=epoch,
        last_customer_seq=last_customer_seq,
        answered_seq__lt=F("last_customer_seq"),
    )
    changes = {
        "claim_token": token,
        "claim_until": database_now(plus=settings.CLAIM_SECONDS),
        "claim_attempts": F("claim_attempts") + 1,
    }
    return Update(as_read, changes)


def claim_conversation(*, conversation: Conversation) -> Claim | None:
    """Take it for one run, as it was when read; None when it changed or is taken."""
    token = new_id()
    changed = take_claim(
        conversation_id=conversation.pk,
        token=token,
        epoch=conversation.epoch,
        last_customer_seq=conversation.last_customer_seq,
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


def commit_answer(
    *, claim: Claim, answer: Answer, despite_newer: bool, lane: str = ""
) -> Committed | None:
    """Write the answer if the claim still holds; None when someone stepped in or wrote more.

    With `despite_newer` it is written though the customer wrote on (they get another answer then).
    With a `lane` it is written straight into `sending` when nothing else is being sent or waits,
    and the caller sends it; else it is queued.
    """
    with transaction.atomic(savepoint=False):
        if lane and not despite_newer and (begun := _begin_answer(claim, answer, lane)):
            return Committed(begun.chunk.message, begun)
        return _queue_answer(claim, answer, despite_newer)


def _queue_answer(claim: Claim, answer: Answer, despite_newer: bool) -> Committed | None:
    holds = claim.holds() & (Q() if despite_newer else Q(last_customer_seq=claim.upto_seq))
    conversation = advance(
        claim.conversation,
        where=holds,
        answered_seq=claim.upto_seq,
        first_unanswered_at=F("last_customer_at") if despite_newer else None,
        **ANSWERED,
        **last_words(Message.Type.AI, answer.text),
    )
    if conversation is None:
        return None
    message = queue_message(
        conversation,
        type=Message.Type.AI,
        text=answer.text,
        citations=answer.citations,
        details=answer.details,
        answers_seq=claim.upto_seq,
    )
    conversation_changed.send(sender=Conversation, conversation=conversation)
    return Committed(message)


@prepared_update
def answer_in_lane(
    conversation_id: str,
    token: str,
    epoch: int,
    upto_seq: int,
    lane: str,
    last_text: str,
    now: datetime,
) -> Update[Conversation]:
    waiting = OutboundChunk.objects.filter(
        conversation_id=OuterRef("pk"), state__in=["queued", "sending"]
    )
    holds = Q(claim_token=token, epoch=epoch, status=ACTIVE, last_customer_seq=upto_seq)
    rows = Conversation.objects.filter(holds, lane_is_free(), ~Exists(waiting), pk=conversation_id)
    changes = {
        "updated_at": now,
        "revision": F("revision") + 1,
        "answered_seq": upto_seq,
        "first_unanswered_at": None,
        "last_text": last_text,
        "last_type": Message.Type.AI.value,
        "lane_token": lane,
        "lane_until": database_now(plus=LANE_SECONDS),
        **ANSWERED,
    }
    return Update(rows, changes)


def _begin_answer(claim: Claim, answer: Answer, lane: str) -> Begun | None:
    """The same statement takes the lane: a takeover comes before it or finds the send begun."""
    sent = sent_words(claim.conversation, answer.text, answer.details)
    if is_down(claim.conversation.channel) or not fits_one_chunk(claim.conversation, sent):
        return None
    claimed_at = time.monotonic()
    moved = answer_in_lane.returning(
        conversation_id=claim.conversation.pk,
        token=claim.token,
        epoch=claim.epoch,
        upto_seq=claim.upto_seq,
        lane=lane,
        last_text=preview(answer.text),
        now=timezone.now(),
    )
    conversation = carry_relations(claim.conversation, moved)
    if conversation is None:
        return None
    chunk = begin_message(
        conversation,
        text=answer.text,
        citations=answer.citations,
        details=answer.details,
        answers_seq=claim.upto_seq,
    )
    conversation_changed.send(sender=Conversation, conversation=conversation)
    return Begun(chunk, lane, claimed_at)


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
        seq = conversation.revision - 1
        note_change(conversation, before=ACTIVE, by=By.AI, reason=reason, seq=seq)
        drop_queued_ai(conversation, code="handed_over", detail="Not sent: people answer now.")
        message = queue_message(
            conversation,
            type=Message.Type.AI,
            text=text,
            seq=seq,
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
