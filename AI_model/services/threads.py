"""Reads what is counted of conversations: five statements for any number of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Sum

from AI_model.counting import Call, Change, Run, Said, Thread
from AI_model.models import AIRun, Episode, UsageRecord
from messaging.models import Conversation, Message, StatusChange


def changed_since(business_id: str, since: datetime | None) -> QuerySet[Conversation]:
    """Conversations that changed since they were counted, the longest unchanged first."""
    rows = Conversation.objects.for_business(business_id)
    if since is not None:
        rows = rows.filter(updated_at__gte=since)
    counted = Episode.objects.filter(
        conversation_id=OuterRef("pk"), revision__gte=OuterRef("revision")
    )
    return rows.filter(~Exists(counted)).order_by("updated_at")


def called_since(business_id: str, since: datetime) -> list[str]:
    """Conversations for which models were called, whether they changed or not."""
    calls = UsageRecord.objects.for_business(business_id).filter(
        created_at__gte=since, conversation__isnull=False
    )
    return list(calls.order_by().values_list("conversation_id", flat=True).distinct())


def with_uncounted_calls(ids: Sequence[str]) -> list[str]:
    """Those whose ledger has grown since they were counted."""
    made = _by_conversation(UsageRecord.objects.filter(conversation_id__in=ids), Count("pk"))
    counted = _by_conversation(Episode.objects.filter(conversation_id__in=ids), Sum("calls"))
    return [key for key in made if made[key] > counted.get(key, 0)]


def _by_conversation(rows: QuerySet[Any], total: Count | Sum) -> dict[str, int]:
    found = rows.order_by().values("conversation_id").annotate(total=total)
    return dict(found.values_list("conversation_id", "total"))


def read_threads(rows: QuerySet[Conversation]) -> dict[str, Thread]:
    """By id. The rows themselves come first: what changes after is counted another time."""
    fields = ("pk", "channel__kind", "status", "created_at", "updated_at", "revision")
    threads = {row[0]: Thread(*row) for row in rows.values_list(*fields)}
    for conversation_id, *fields_ in _messages(threads):
        threads[conversation_id].said.append(Said(*fields_))
    for conversation_id, *fields_ in _changes(threads):
        threads[conversation_id].changes.append(Change(*fields_))
    for conversation_id, *fields_ in _runs(threads):
        threads[conversation_id].runs.append(Run(*fields_))
    for conversation_id, *fields_ in _calls(threads):
        threads[conversation_id].calls.append(Call(*fields_))
    return threads


def _messages(ids: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    rows = Message.objects.filter(conversation_id__in=list(ids)).order_by("conversation_id", "seq")
    spoken = rows.exclude(type=Message.Type.SYSTEM)
    return spoken.values_list(
        "conversation_id", "seq", "type", "delivery", "created_at", "citations"
    )


def _changes(ids: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    rows = StatusChange.objects.filter(conversation_id__in=list(ids))
    return rows.order_by("conversation_id", "seq", "pk").values_list(
        "conversation_id", "seq", "before", "after", "by", "reason", "at"
    )


def _runs(ids: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    rows = AIRun.objects.filter(conversation_id__in=list(ids), message__isnull=False)
    return rows.order_by("message__seq").values_list(
        "conversation_id", "message__seq", "outcome", "started_at", "finished_at"
    )


def _calls(ids: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    rows = UsageRecord.objects.filter(conversation_id__in=list(ids))
    return rows.order_by(F("created_at")).values_list(
        "conversation_id", "created_at", "tokens_in", "tokens_out", "money_nanos"
    )
