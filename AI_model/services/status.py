"""Who answers in a conversation, set by name (seed 003)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.models import User
from core.lib.errors import Conflict, DomainError
from messaging.models import Conversation
from messaging.selectors import conversations_for
from messaging.services.conversations import close_conversation, return_to_ai, take_over

Status = Conversation.Status


@dataclass(slots=True)
class BulkResult:
    """Ids that have the status now, those that could not get it and why, and unknown ones."""

    updated: list[str] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)


def set_status(*, conversation: Conversation, user: User, status: str) -> Conversation:
    """Conflict with reasons while the AI can't serve; the conversation is with people then."""
    if status == Status.ACTIVE:
        return _give_to_ai(conversation, user)
    if status == conversation.status:
        return conversation
    if status == Status.CLOSED:
        return close_conversation(conversation=conversation, user=user)
    return take_over(conversation=conversation, user=user).conversation


def _give_to_ai(conversation: Conversation, user: User) -> Conversation:
    try:
        return return_to_ai(conversation=conversation, user=user)
    except Conflict:
        if conversation.status != Status.SUPPORT_ACTIVE:
            take_over(conversation=conversation, user=user)
        raise


def set_many(*, conversation_ids: Sequence[str], user: User, status: str) -> BulkResult:
    """Each on its own: one that is refused does not hold the others back."""
    ids = list(dict.fromkeys(conversation_ids))
    found = {row.pk: row for row in conversations_for(user).filter(pk__in=ids)}
    result = BulkResult(not_found=[pk for pk in ids if pk not in found])
    for pk in (pk for pk in ids if pk in found):
        try:
            set_status(conversation=found[pk], user=user, status=status)
            result.updated.append(pk)
        except DomainError as error:
            result.refused.append({"conversation_id": pk, "reason": error.detail})
    return result
