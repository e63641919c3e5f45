"""The log of who answered in a conversation: each real change of status leaves a row."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q

from accounts.models import User
from core.lib.prepared import insert_rows
from messaging.models import Conversation, StatusChange
from messaging.services.thread import advance
from messaging.signals import status_changed

By = StatusChange.By


def change_status(
    conversation: Conversation,
    *,
    by: str,
    where: Q | None = None,
    user: User | None = None,
    reason: str = "",
    steps: int = 1,
    **changes: Any,
) -> Conversation | None:
    """`advance` for what may change the status, which is logged; None when `where` does not hold.

    The status before is a condition of the same statement. Somebody else's change in between
    makes it look again, under the row's lock. The log's `seq` is the first of the steps.
    """
    condition, before = where or Q(), conversation.status
    as_read = condition & Q(status=before)
    moved = advance(conversation, where=as_read, steps=steps, **changes)
    if moved is None:
        before = _locked_status(conversation)
        moved = advance(conversation, where=condition, steps=steps, **changes)
    if moved is not None:
        seq = moved.revision - steps + 1
        note_change(moved, before=before, by=by, user=user, reason=reason, seq=seq)
    return moved


def _locked_status(conversation: Conversation) -> str:
    rows = Conversation.objects.select_for_update().filter(pk=conversation.pk)
    return rows.values_list("status", flat=True).get()


def note_change(
    conversation: Conversation,
    *,
    before: str,
    by: str,
    user: User | None = None,
    reason: str = "",
    seq: int | None = None,
) -> None:
    """Log that the row, which was just written, had another status before; nothing if it had not.

    Call it in the transaction of the change. `seq`: the revision that made it, if not the latest.
    """
    if before != conversation.status:
        change = status_change(
            conversation, before=before, by=by, user=user, reason=reason, seq=seq
        )
        note_changes([change])


def note_changes(changes: Sequence[StatusChange]) -> None:
    """Log many at once, and tell of them; no statement for none."""
    insert_rows(changes)
    for change in changes:
        status_changed.send(sender=StatusChange, change=change)


def status_change(
    conversation: Conversation,
    *,
    before: str,
    by: str,
    user: User | None = None,
    reason: str = "",
    seq: int | None = None,
) -> StatusChange:
    """The row for a change, not saved."""
    return StatusChange(
        business_id=conversation.business_id,
        conversation=conversation,
        seq=conversation.revision if seq is None else seq,
        before=before,
        after=conversation.status,
        by=by,
        user=user,
        reason=reason,
    )
