"""Who answers in a conversation, set by name (seed 003)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from accounts.models import User
from core.lib.errors import Conflict
from messaging.models import Conversation
from messaging.services.conversations import (
    close_conversation,
    return_to_ai,
    take_over,
    unavailable,
)
from messaging.services.moves import Move, move_many, to_ai, to_closed, to_people
from messaging.services.obstacles import ai_obstacles

Status = Conversation.Status
RACED = "A colleague changed it at the same moment."


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
    known = _statuses(user, ids)
    result = BulkResult(not_found=[pk for pk in ids if pk not in known])
    found = [pk for pk in ids if pk in known]
    if status == Status.ACTIVE and (reasons := ai_obstacles(str(user.business_id))):
        move_many(_others(found, known, Status.SUPPORT_ACTIVE), to_people(user), user=user)
        result.refused = [_refusal(pk, unavailable(reasons)) for pk in found]
        return result
    wanted = _others(found, known, Status(status))
    move_many(wanted, _move_to(Status(status), user), user=user)
    return _sorted_out(result, found, _statuses(user, found), Status(status))


def _statuses(user: User, ids: Iterable[str]) -> dict[str, str]:
    rows = Conversation.objects.for_user(user).filter(pk__in=ids)
    return dict(rows.values_list("pk", "status"))


def _others(ids: Sequence[str], known: dict[str, str], status: Status) -> list[str]:
    return [pk for pk in ids if known[pk] != status]


def _move_to(status: Status, user: User) -> Move:
    moves = {Status.ACTIVE: to_ai, Status.SUPPORT_ACTIVE: to_people, Status.CLOSED: to_closed}
    return moves[status](user)


def _sorted_out(
    result: BulkResult, found: Sequence[str], now: dict[str, str], status: Status
) -> BulkResult:
    """By what they are now: a colleague may have acted at the same moment."""
    for pk in found:
        if now.get(pk) == status:
            result.updated.append(pk)
        else:
            result.refused.append(_refusal(pk, RACED))
    return result


def _refusal(conversation_id: str, reason: str) -> dict[str, str]:
    return {"conversation_id": conversation_id, "reason": reason}
