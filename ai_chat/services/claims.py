"""Who writes an answer: a claim with a lease, and what is due without one.

Whoever changes an answer and its chat takes the chat's row first, so that no two wait in a ring.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from ai_chat.models import AIChat, AIMessage
from core.lib.clock import database_now
from core.lib.ids import new_id
from core.lib.returning import update_returning

LEASE_SECONDS = 15.0
PENDING, STREAMING = AIMessage.State.PENDING, AIMessage.State.STREAMING


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write one answer; `message` as it was when it was taken."""

    message: AIMessage
    token: str


def claim_answer(*, message_id: str) -> Claim | None:
    """Take a pending answer; None when it is taken, stopped or gone."""
    token = new_id()
    message = update_returning(
        AIMessage.objects.filter(pk=message_id, state=PENDING),
        state=STREAMING,
        claim_token=token,
        claim_until=database_now(plus=LEASE_SECONDS),
    )
    return None if message is None else Claim(message, token)


def extend_claims(tokens: Collection[str]) -> None:
    """The heartbeat of answers being written: one statement for all of a process."""
    AIMessage.objects.filter(claim_token__in=list(tokens), state=STREAMING).update(
        claim_until=database_now(plus=LEASE_SECONDS)
    )


def lapsed() -> Q:
    return Q(state=STREAMING, claim_until__lt=database_now())


def answers_due(*, older_than: float) -> Iterable[str]:
    """Answers that nobody has begun, or whose writer died."""
    waiting = Q(state=PENDING, created_at__lt=database_now() - timedelta(seconds=older_than))
    return AIMessage.objects.filter(lapsed() | waiting).values_list("pk", flat=True)[:200]


def advance_chat(chat_id: str) -> None:
    """The next revision; within the transaction of what it counts."""
    AIChat.objects.filter(pk=chat_id).update(revision=F("revision") + 1, updated_at=timezone.now())
