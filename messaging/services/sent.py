"""What nearly every send comes to: the message's only chunk was accepted. Four short statements."""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from core.lib.prepared import Update, prepared_update
from messaging.models import Conversation, Message, OutboundChunk
from messaging.services.receipts import note_on_channel
from messaging.services.thread import carry_relations, sum_up
from messaging.signals import conversation_changed, message_changed
from messaging.types import SendOutcome, SendReceipt


@prepared_update
def lane_freed(conversation_id: str, lane: str, now: datetime) -> Update[Conversation]:
    freed = Case(When(lane_token=lane, then=Value("")), default=F("lane_token"))
    rows: QuerySet[Conversation] = Conversation.objects.filter(pk=conversation_id)
    return Update(rows, {"lane_token": freed, "revision": F("revision") + 1, "updated_at": now})


@prepared_update
def chunk_sent(
    chunk_id: str, attempts: int, external_id: str, now: datetime
) -> Update[OutboundChunk]:
    # A result that comes late proves something only about its own attempt.
    rows = OutboundChunk.objects.filter(pk=chunk_id, attempts=attempts).exclude(state="sent")
    changes = {"state": "sent", "external_id": external_id, "sent_at": now, "failure": None}
    return Update(rows, changes)


@prepared_update
def message_sent(message_id: str, external_id: str, revision: int) -> Update[Message]:
    rows: QuerySet[Message] = Message.objects.filter(pk=message_id)
    changes = {"delivery": "sent", "external_id": external_id, "revision": revision}
    return Update(rows, changes | {"failure": None})


def is_plain_success(chunk: OutboundChunk, receipt: SendReceipt) -> bool:
    sent = receipt.outcome is SendOutcome.SENT
    return sent and chunk.count == 1 and not receipt.details


def settle_success(chunk: OutboundChunk, receipt: SendReceipt, lane: str) -> None:
    """Write it down, and free the lane if it is still ours."""
    now, external_id = timezone.now(), receipt.external_id
    with transaction.atomic():
        moved = lane_freed.returning(conversation_id=chunk.conversation_id, lane=lane, now=now)
        conversation = carry_relations(chunk.conversation, moved)
        assert conversation is not None
        counts = chunk_sent(
            chunk_id=chunk.pk, attempts=chunk.attempts, external_id=external_id, now=now
        )
        note_on_channel(chunk, receipt)
        if counts:
            _mirror(conversation, chunk.message, external_id)
        else:
            sum_up(conversation, chunk.message)
        if conversation.needs_a_look:
            conversation_changed.send(sender=Conversation, conversation=conversation)


def _mirror(conversation: Conversation, message: Message, external_id: str) -> None:
    message.delivery, message.failure = Message.Delivery.SENT, None
    message.external_id, message.revision = external_id, conversation.revision
    message_sent(message_id=message.pk, external_id=external_id, revision=message.revision)
    message_changed.send(sender=Message, conversation=conversation, message=message)
