"""Chat sessions (seed 003): the AI's view of conversations, kept beside them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Business
from AI_model.models import ChatSession, SessionMark
from messaging.models import Conversation, Message

BATCH = 500
INACTIVE_AFTER = timedelta(days=1)
OVERLAP = timedelta(minutes=5)
"""What was written earlier than that is committed."""


@dataclass(frozen=True, slots=True)
class Synced:
    """How many sessions were made, changed, and left as they were."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Synced") -> "Synced":
        return Synced(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
        )

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged


def sync_sessions(
    *, business_id: str | None = None, progress: Callable[[int], None] = lambda done: None
) -> Synced:
    """Bring sessions in line with their conversations; `progress` hears how many are done."""
    result = Synced()
    for batch in _batches(_counted(business_id)):
        result += _sync_batch(batch)
        progress(result.total)
    return result


def sync_changed() -> Synced:
    """The same for what changed since the last time, a business at a time. Whoever dies in between
    leaves the mark where it was, and the next run does it again."""
    marks = dict(SessionMark.objects.values_list("business_id", "synced_to"))
    result = Synced()
    for business_id in Business.objects.order_by("pk").values_list("pk", flat=True):
        now, since = timezone.now(), marks.get(business_id)
        changed = Q() if since is None else Q(updated_at__gte=since - OVERLAP)
        found = sum(
            map(_sync_batch, _batches(_counted(business_id).filter(changed))), start=Synced()
        )
        if found.total or since is None:
            SessionMark.objects.update_or_create(
                business_id=business_id, defaults={"synced_to": now}
            )
        result += found
    return result


def close_inactive_sessions(*, now: datetime | None = None) -> int:
    """Mark sessions in which nothing happened for a day; returns how many."""
    before = (now or timezone.now()) - INACTIVE_AFTER
    closed = Q(conversation__status=Conversation.Status.CLOSED)
    return ChatSession.objects.filter(
        closed | Q(last_activity_at__lt=before), is_active=True
    ).update(is_active=False)


def _batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """Conversations with their counts, by primary key, so that a long run holds no cursor."""
    after = ""
    while batch := list(rows.filter(pk__gt=after).order_by("pk")[:BATCH]):
        yield batch
        after = batch[-1].pk


def _counted(business_id: str | None) -> QuerySet[Any]:
    rows = (
        Conversation.objects.all()
        if business_id is None
        else Conversation.objects.for_business(business_id)
    )
    spoken = ~Q(messages__type=Message.Type.SYSTEM)
    return rows.only("id", "business_id", "status", "created_at").annotate(
        spoken=Count("messages", filter=spoken),
        active_at=Coalesce(Max("messages__created_at", filter=spoken), "created_at"),
    )


def _sync_batch(batch: list[Any]) -> Synced:
    wanted = [_session_for(conversation) for conversation in batch]
    present = {
        session.pk: session
        for session in ChatSession.objects.filter(pk__in=[session.pk for session in wanted])
    }
    changed = [session for session in wanted if _facts(session) != _facts(present.get(session.pk))]
    ChatSession.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["conversation"],
        update_fields=["is_active", "message_count", "last_activity_at"],
    )
    created = sum(session.pk not in present for session in changed)
    return Synced(created, len(changed) - created, len(wanted) - len(changed))


def _session_for(conversation: Any) -> ChatSession:
    recent = conversation.active_at >= timezone.now() - INACTIVE_AFTER
    return ChatSession(
        conversation_id=conversation.pk,
        business_id=conversation.business_id,
        is_active=recent and conversation.status != Conversation.Status.CLOSED,
        message_count=conversation.spoken,
        last_activity_at=conversation.active_at,
    )


def _facts(session: ChatSession | None) -> tuple[Any, ...] | None:
    if session is None:
        return None
    return session.is_active, session.message_count, session.last_activity_at
