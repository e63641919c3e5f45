"""What people do with a conversation: take over, give back, answer, close, assign, read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from accounts.models import User
from core.lib.errors import Conflict, DomainError
from messaging.models import Conversation, Message
from messaging.selectors import ai_messages_in_flight
from messaging.services.moves import (
    TAKEN_OVER,
    Move,
    given_to_people,
    move_one,
    to_ai,
    to_closed,
    to_people,
)
from messaging.services.obstacles import ai_obstacles
from messaging.services.status_log import By, change_status
from messaging.services.thread import add_note, advance, drop_queued_ai, last_words, queue_message
from messaging.signals import conversation_changed
from messaging.windows import window_of

MAX_ANSWER = 20_000
SWITCHED_OFF = "This channel is switched off. An owner can switch it on in the admin."
TAKEN = "A colleague has already taken this conversation over."
BLOCKED = "The customer has blocked this channel. You can write again once they write to you."


@dataclass(frozen=True, slots=True)
class TakeOver:
    """The conversation after it, and the AI messages whose send had begun before."""

    conversation: Conversation
    in_flight: list[str]


def take_over(*, conversation: Conversation, user: User) -> TakeOver:
    """Make the conversation the user's. Conflict when a colleague has it already."""
    with transaction.atomic():
        taken = move_one(conversation, to_people(user), user=user)
        if taken is None:
            raise Conflict(TAKEN, code="taken")
        return TakeOver(taken, ai_messages_in_flight(taken.pk))


def return_to_ai(*, conversation: Conversation, user: User) -> Conversation:
    """Let the AI answer what the customer writes from now on."""
    if reasons := ai_obstacles(conversation.business_id):
        raise Conflict(unavailable(reasons), code="ai_unavailable", reasons=reasons)
    return _moved_or_as_it_is(conversation, to_ai(user), user)


def unavailable(reasons: Sequence[str]) -> str:
    return "The AI can't answer now: " + " ".join(reasons)


def close_conversation(*, conversation: Conversation, user: User) -> Conversation:
    """End it; the customer's next message opens it afresh."""
    return _moved_or_as_it_is(conversation, to_closed(user), user)


def _moved_or_as_it_is(conversation: Conversation, move: Move, user: User) -> Conversation:
    with transaction.atomic():
        moved = move_one(conversation, move, user=user)
        return moved or Conversation.objects.get(pk=conversation.pk)


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
