"""Conversations that people left alone go back to the AI. Why like this: docs/decisions/0023.

A person is there while they type, and for as long as the business says after any word, takeover,
assignment or hand-over. Once back, a conversation is not given back again until the customer
wrote, so that an answer that the AI can't give does not go to and fro.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from redis import RedisError

from core.lib.redis import redis_client
from messaging.models import Conversation, Message, StatusChange
from messaging.services.moves import PEOPLE, returned_to_ai
from messaging.services.status_log import By, note_change
from messaging.services.thread import add_note, advance
from messaging.signals import conversation_changed, message_received
from messaging.windows import window_of

log = structlog.get_logger(__name__)

BATCH = 200
TYPING_SECONDS = 120
IDLE = "idle"
ASKED_FOR_PERSON = "asked_for_person"


def note_typing(conversation_id: str) -> None:
    """Remember for two minutes that a person writes here; a hint, lost while Redis is away."""
    try:
        redis_client().set(_typing_key(conversation_id), 1, ex=TYPING_SECONDS)
    except RedisError as error:
        log.info("typing_not_noted", error=type(error).__name__)


def return_idle(*, business_id: str, minutes: int) -> int:
    """Give back to the AI what nobody looked after for so long; how many there were."""
    returned = 0
    for batch in _batches(business_id, minutes):
        free = _without_typists(batch)
        returned += sum(_return(conversation, minutes) for conversation in free)
    return returned


def _batches(business_id: str, minutes: int) -> Iterator[list[Any]]:
    rows, after = _left_alone(business_id, minutes), ""
    while batch := list(rows.filter(pk__gt=after).order_by("pk")[:BATCH]):
        yield batch
        after = batch[-1].pk


def _left_alone(business_id: str, minutes: int) -> QuerySet[Any]:
    before = timezone.now() - timedelta(minutes=minutes)
    here = OuterRef("pk")
    people = Message.objects.filter(conversation=here, type=Message.Type.SUPPORT)
    changes = StatusChange.objects.filter(conversation=here)
    seen = Q(type__in=[Message.Type.SUPPORT, Message.Type.SYSTEM], created_at__gt=before)
    back_already = changes.filter(by=By.SYSTEM, seq__gt=OuterRef("last_customer_seq"))
    rows = Conversation.objects.for_business(business_id).filter(
        Q(last_person_at=None) | Q(last_person_at__lte=before),
        Q(first_unanswered_at=None) | Q(first_unanswered_at__lte=before),
        ~Exists(Message.objects.filter(seen, conversation=here)),
        ~Exists(changes.filter(at__gt=before)),
        ~Exists(back_already),
        status=PEOPLE,
        created_at__lte=before,
        channel__is_active=True,
    )
    marked = rows.annotate(
        handed_seq=Subquery(changes.filter(after=PEOPLE).order_by("-seq").values("seq")[:1]),
        person_seq=Subquery(people.order_by("-seq").values("seq")[:1]),
    )
    return marked.select_related("channel__business", "customer").defer("channel__secrets")


def _without_typists(batch: Sequence[Any]) -> list[Any]:
    """Nobody is given back while it can't be known who types."""
    try:
        typing = redis_client().mget([_typing_key(row.pk) for row in batch])
    except RedisError as error:
        log.warning("idle_round_skipped", error=type(error).__name__)
        return []
    return [row for row, mark in zip(batch, typing, strict=True) if mark is None]


def _typing_key(conversation_id: str) -> str:
    return f"deskbell:typing:{conversation_id}"


def _return(conversation: Any, minutes: int) -> bool:
    """False when the customer waits for a person, or the AI could not write there any more."""
    handed, said = conversation.handed_seq or 0, conversation.person_seq or 0
    if conversation.handover_reason == ASKED_FOR_PERSON and said < handed:
        return False
    waiting = _words_after(conversation, max(handed, said))
    if waiting is not None and not window_of(conversation, sender="ai").allowed:
        return False
    answered = max(handed, said) if waiting else conversation.last_customer_seq
    return _commit(conversation, minutes, answered, waiting)


def _words_after(conversation: Conversation, mark: int) -> Message | None:
    """The last of a customer's words that nobody took care of."""
    rows = Message.objects.filter(
        conversation=conversation, type=Message.Type.CUSTOMER, seq__gt=mark, redacted_at=None
    )
    return rows.order_by("-seq").first()


def _commit(conversation: Any, minutes: int, answered: int, waiting: Message | None) -> bool:
    as_read = Q(status=PEOPLE, revision=conversation.revision)
    with transaction.atomic():
        changes = returned_to_ai() | {"answered_seq": answered}
        back = advance(conversation, where=as_read, **changes)
        if back is None:
            return False
        note_change(back, before=PEOPLE, by=By.SYSTEM, reason=IDLE)
        add_note(back, f"Back to the AI after {minutes} minutes without a person")
        conversation_changed.send(sender=Conversation, conversation=back)
        if waiting is not None:
            message_received.send(sender=Message, conversation=back, message=waiting)
        return True


def forget_typing(conversation_ids: Collection[str]) -> None:
    """For conversations that are gone; the marks lapse by themselves while Redis is away."""
    with suppress(RedisError):
        redis_client().delete(*map(_typing_key, conversation_ids), _typing_key(""))
