"""What people do with a conversation: take over, give back, answer, close, assign, read.

Each of these moves the same row that a claim to answer or to send moves, so one of the two comes
first; raising the epoch makes every AI message written before it unsendable.
"""

from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from accounts.models import User
from core.lib.errors import Conflict, DomainError
from messaging.models import Conversation, Message
from messaging.selectors import ai_messages_in_flight
from messaging.services.obstacles import ai_obstacles
from messaging.services.status_log import By, change_status
from messaging.services.thread import add_note, advance, drop_queued_ai, last_words, queue_message
from messaging.signals import conversation_changed
from messaging.windows import window_of

MAX_ANSWER = 20_000
NO_CLAIM: dict[str, Any] = {
    "claim_token": "",
    "claim_until": None,
    "claim_attempts": 0,
    "restarts": 0,
}
NO_HANDOVER: dict[str, Any] = {"handover_reason": "", "handover_summary": "", "ai_turns": 0}
TAKEN_OVER = {"code": "taken_over", "detail": "Not sent: a person took over first."}
SWITCHED_OFF = "This channel is switched off. An owner can switch it on in the admin."
BLOCKED = "The customer has blocked this channel. You can write again once they write to you."
CLOSED = {"code": "closed", "detail": "Not sent: the conversation was closed first."}


@dataclass(frozen=True, slots=True)
class TakeOver:
    """The conversation after it, and the AI messages whose send had begun before."""

    conversation: Conversation
    in_flight: list[str]


def take_over(*, conversation: Conversation, user: User) -> TakeOver:
    """Make the conversation the user's. Conflict when a colleague has it already."""
    free = Q(assigned_to=None) | Q(assigned_to=user) | ~Q(status=Conversation.Status.SUPPORT_ACTIVE)
    with transaction.atomic():
        taken = change_status(
            conversation,
            by=By.PERSON,
            user=user,
            reason="took_over",
            where=free,
            **given_to_people(),
            assigned_to=user,
            needs_a_look=False,
        )
        if taken is None:
            raise Conflict("A colleague has already taken this conversation over.", code="taken")
        drop_queued_ai(taken, **TAKEN_OVER)
        add_note(taken, f"{user.display_name} took over")
        conversation_changed.send(sender=Conversation, conversation=taken)
        return TakeOver(taken, ai_messages_in_flight(taken.pk))


def given_to_people() -> dict[str, Any]:
    """What a conversation becomes when a person steps in."""
    return {
        "status": Conversation.Status.SUPPORT_ACTIVE,
        "epoch": F("epoch") + 1,
        "answered_seq": F("last_customer_seq"),
        "suggestion": None,
        "last_person_at": timezone.now(),
        **afresh_if_closed(),
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
    closed = When(status=Conversation.Status.CLOSED, then=value)
    return Case(closed, default=F(name), output_field=field)


def return_to_ai(*, conversation: Conversation, user: User) -> Conversation:
    """Let the AI answer what the customer writes from now on."""
    if reasons := ai_obstacles(conversation.business_id):
        raise Conflict(
            "The AI can't answer now: " + " ".join(reasons), code="ai_unavailable", reasons=reasons
        )
    with transaction.atomic():
        returned = change_status(
            conversation,
            by=By.PERSON,
            user=user,
            reason="gave_back",
            where=~Q(status=Conversation.Status.ACTIVE),
            status=Conversation.Status.ACTIVE,
            epoch=F("epoch") + 1,
            answered_seq=F("last_customer_seq"),
            assigned_to=None,
            **afresh_if_closed() | NO_HANDOVER,
            **NO_CLAIM,
        )
        if returned is None:
            return Conversation.objects.get(pk=conversation.pk)
        add_note(returned, f"{user.display_name} gave it back to the AI")
        conversation_changed.send(sender=Conversation, conversation=returned)
        return returned


def close_conversation(*, conversation: Conversation, user: User) -> Conversation:
    """End it; the customer's next message opens it afresh."""
    with transaction.atomic():
        closed = change_status(
            conversation,
            by=By.PERSON,
            user=user,
            reason="closed",
            where=~Q(status=Conversation.Status.CLOSED),
            **given_to_people() | {"status": Conversation.Status.CLOSED},
            unread=0,
            needs_a_look=False,
            first_unanswered_at=None,
        )
        if closed is None:
            return Conversation.objects.get(pk=conversation.pk)
        drop_queued_ai(closed, **CLOSED)
        add_note(closed, f"{user.display_name} closed the conversation")
        conversation_changed.send(sender=Conversation, conversation=closed)
        return closed


def assign_conversation(
    *, conversation: Conversation, user: User, assignee: User | None
) -> Conversation:
    """Say whose it is, without changing who answers."""
    if assignee is not None and assignee.business_id != conversation.business_id:
        raise DomainError(
            "Choose someone of your own team.", fields={"assignee": ["Not in your team."]}
        )
    with transaction.atomic():
        assigned = advance(conversation, assigned_to=assignee)
        assert assigned is not None
        name = assignee.display_name if assignee else "nobody"
        add_note(assigned, f"{user.display_name} assigned it to {name}")
        conversation_changed.send(sender=Conversation, conversation=assigned)
        return assigned


def keep_suggestion(
    *, conversation: Conversation, text: str, citations: list[dict[str, Any]], upto_seq: int
) -> bool:
    """Leave a suggested answer for whoever answers, unless somebody wrote meanwhile."""
    as_read = Q(last_customer_seq=upto_seq, epoch=conversation.epoch)
    suggestion = {"text": text, "citations": citations, "upto_seq": upto_seq}
    with transaction.atomic():
        kept = advance(
            conversation, where=as_read, suggestion=suggestion, updated_at=F("updated_at")
        )
        if kept is not None:
            conversation_changed.send(sender=Conversation, conversation=kept)
        return kept is not None


def mark_read(*, conversation: Conversation, user: User) -> Conversation:
    """Nothing unread here any more; changes nothing when that is so already."""
    with transaction.atomic():
        # Reading is no news: the conversation keeps its place in the list.
        read = advance(conversation, where=Q(unread__gt=0), unread=0, updated_at=F("updated_at"))
        if read is None:
            return Conversation.objects.get(pk=conversation.pk)
        conversation_changed.send(sender=Conversation, conversation=read)
        return read


def send_support_message(
    *, conversation: Conversation, user: User, text: str, client_key: str = ""
) -> Message:
    """A person answers, which takes the conversation over. The same `client_key` sends once."""
    words = _checked_words(conversation, text)
    with transaction.atomic():
        if client_key and (said := _already_said(conversation, client_key)):
            return said
        answered = change_status(
            conversation,
            by=By.PERSON,
            user=user,
            reason="answered",
            **given_to_people(),
            assigned_to=user,
            unread=0,
            needs_a_look=False,
            first_unanswered_at=None,
            **last_words(Message.Type.SUPPORT, words),
        )
        assert answered is not None
        drop_queued_ai(answered, **TAKEN_OVER)
        message = queue_message(
            answered, type=Message.Type.SUPPORT, text=words, author=user, client_key=client_key
        )
        conversation_changed.send(sender=Conversation, conversation=answered)
        return message


def _already_said(conversation: Conversation, client_key: str) -> Message | None:
    # The row first, so that two of the same at once wait for each other.
    Conversation.objects.select_for_update().get(pk=conversation.pk)
    return Message.objects.filter(conversation=conversation, client_key=client_key).first()


def _checked_words(conversation: Conversation, text: str) -> str:
    words = text.strip()
    if not words:
        raise DomainError("Write something first.", fields={"text": ["This is empty."]})
    if len(words) > MAX_ANSWER:
        raise DomainError(
            f"An answer can have {MAX_ANSWER:,} characters at the most.",
            fields={"text": ["Too long."]},
        )
    code, obstacle = _sending_obstacle(conversation)
    if obstacle:
        raise Conflict(obstacle, code=code)
    return words


def sending_obstacle(conversation: Conversation) -> str:
    """Why a person can't write here now, in plain words; empty when they can."""
    return _sending_obstacle(conversation)[1]


def _sending_obstacle(conversation: Conversation) -> tuple[str, str]:
    """Its code and its sentence."""
    if not conversation.channel.is_active:
        return "cannot_send", SWITCHED_OFF
    if conversation.customer.unreachable_at is not None:
        return "cannot_send", BLOCKED
    window = window_of(conversation, sender="person")
    return window.code, window.reason
