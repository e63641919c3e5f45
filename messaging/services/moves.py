"""The ways in which a conversation changes hands, for one of them or for hundreds at once.

Each moves the same row that a claim to answer or to send moves, so one of the two comes first;
raising the epoch makes every AI message written before it unsendable.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import User
from core.lib.prepared import insert_rows
from messaging.models import Conversation, Message, OutboundChunk
from messaging.services.status_log import By, change_status, note_changes, status_change
from messaging.services.thread import add_note, drop_queued_ai
from messaging.signals import conversation_changed, message_created

ACTIVE, PEOPLE = Conversation.Status.ACTIVE, Conversation.Status.SUPPORT_ACTIVE
CLOSED = Conversation.Status.CLOSED
NO_CLAIM: dict[str, Any] = {
    "claim_token": "",
    "claim_until": None,
    "claim_attempts": 0,
    "restarts": 0,
}
NO_HANDOVER: dict[str, Any] = {"handover_reason": "", "handover_summary": "", "ai_turns": 0}
TAKEN_OVER = {"code": "taken_over", "detail": "Not sent: a person took over first."}
WAS_CLOSED = {"code": "closed", "detail": "Not sent: the conversation was closed first."}


@dataclass(frozen=True, slots=True)
class Move:
    """From where a conversation can go there, what changes with it, and what is told of it.

    `gives_up`: why AI messages that wait are not sent; None when they are.
    """

    reason: str
    where: Q
    changes: dict[str, Any]
    note: str
    gives_up: dict[str, str] | None = None


def to_people(user: User) -> Move:
    """The conversation becomes the user's, unless a colleague has it."""
    free = Q(assigned_to=None) | Q(assigned_to=user) | ~Q(status=PEOPLE)
    changes = {**given_to_people(), "assigned_to": user, "needs_a_look": False}
    return Move("took_over", free, changes, f"{user.display_name} took over", TAKEN_OVER)


def to_ai(user: User) -> Move:
    """The AI answers what the customer writes from then on."""
    changes = {
        **returned_to_ai(),
        "answered_seq": F("last_customer_seq"),
    }
    note = f"{user.display_name} gave it back to the AI"
    return Move("gave_back", ~Q(status=ACTIVE), changes, note)


def to_closed(user: User) -> Move:
    changes = {
        **given_to_people(),
        "status": CLOSED,
        "unread": 0,
        "needs_a_look": False,
        "first_unanswered_at": None,
    }
    note = f"{user.display_name} closed the conversation"
    return Move("closed", ~Q(status=CLOSED), changes, note, WAS_CLOSED)


def given_to_people() -> dict[str, Any]:
    """What a conversation becomes when a person steps in."""
    return {
        "status": PEOPLE,
        "epoch": F("epoch") + 1,
        "answered_seq": F("last_customer_seq"),
        "suggestion": None,
        "last_person_at": timezone.now(),
        **afresh_if_closed(),
        **NO_CLAIM,
    }


def returned_to_ai() -> dict[str, Any]:
    """What it becomes when the AI answers again."""
    return {
        "status": ACTIVE,
        "epoch": F("epoch") + 1,
        "assigned_to": None,
        "suggestion": None,
        **afresh_if_closed(),
        **NO_HANDOVER,
        **NO_CLAIM,
    }


def afresh_if_closed() -> dict[str, Any]:
    """Whoever opens a closed conversation again, nothing said before counts any more."""
    fresh = {
        "context_from_seq": F("revision") + 1,
        "handover_reason": Value(""),
        "handover_summary": Value(""),
        "ai_turns": Value(0),
    }
    return {name: _if_closed(name, value) for name, value in fresh.items()}


def _if_closed(name: str, value: Any) -> Case:
    field = Conversation._meta.get_field(name)
    assert isinstance(field, models.Field)
    return Case(When(status=CLOSED, then=value), default=F(name), output_field=field)


def move_one(conversation: Conversation, move: Move, *, user: User) -> Conversation | None:
    """Within a transaction; None when it can't go there from where it is."""
    moved = change_status(
        conversation,
        by=By.PERSON,
        user=user,
        reason=move.reason,
        where=move.where,
        **move.changes,
    )
    if moved is not None:
        if move.gives_up:
            drop_queued_ai(moved, **move.gives_up)
        add_note(moved, move.note)
        conversation_changed.send(sender=Conversation, conversation=moved)
    return moved


def move_many(conversation_ids: Collection[str], move: Move, *, user: User) -> list[Conversation]:
    """Those that could go there, in a number of statements that doesn't grow with theirs."""
    with transaction.atomic():
        before = _locked(conversation_ids, move.where)
        rows = Conversation.objects.filter(pk__in=before)
        now = timezone.now()
        rows.update(**{"updated_at": now, "revision": F("revision") + 1} | move.changes)
        moved = list(rows.select_related("channel", "customer"))
        note_changes(
            [
                status_change(
                    row, before=before[row.pk], by=By.PERSON, user=user, reason=move.reason
                )
                for row in moved
                if row.status != before[row.pk]
            ]
        )
        if move.gives_up:
            _give_up(moved, move.gives_up)
        _note(moved, move.note)
        return moved


def _locked(conversation_ids: Collection[str], where: Q) -> dict[str, str]:
    """Statuses by id. In the order in which deliveries lock threads, so that neither waits for
    the other crosswise."""
    rows = Conversation.objects.select_for_update().filter(where, pk__in=conversation_ids)
    ordered: QuerySet[Conversation, tuple[str, str]] = rows.order_by(
        "channel_id", "external_id"
    ).values_list("pk", "status")
    return dict(ordered)


def _give_up(moved: Collection[Conversation], why: dict[str, str]) -> None:
    waiting = OutboundChunk.objects.filter(
        conversation__in=moved, state="queued", message__type=Message.Type.AI
    )
    concerned = set(waiting.values_list("conversation_id", flat=True))
    for conversation in moved:
        if conversation.pk in concerned:
            drop_queued_ai(conversation, **why)


def _note(moved: Collection[Conversation], text: str) -> None:
    notes = [
        Message(
            business_id=row.business_id,
            conversation=row,
            seq=row.revision,
            revision=row.revision,
            type=Message.Type.SYSTEM,
            text=text,
            epoch=row.epoch,
        )
        for row in moved
    ]
    insert_rows(notes)
    for note in notes:
        message_created.send(sender=Message, conversation=note.conversation, message=note)
        conversation_changed.send(sender=Conversation, conversation=note.conversation)
