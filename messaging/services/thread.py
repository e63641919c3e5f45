"""The two primitives of every write: move the conversation on, and put a message into it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from core.lib.prepared import insert_row
from core.lib.returning import update_returning
from messaging.adapters.registry import adapter_for
from messaging.adapters.splitting import split_text
from messaging.models import Conversation, Message, OutboundChunk
from messaging.offers import options_in, text_with
from messaging.signals import message_changed, message_created, message_queued

PREVIEW = 200


def advance(
    conversation: Conversation, *, where: Q | None = None, steps: int = 1, **changes: Any
) -> Conversation | None:
    """Raise the revision by `steps` and apply `changes`, if `where` still holds; else None.

    One conditional UPDATE: on PostgreSQL it waits for a concurrent change of the row and looks at
    the condition again, on SQLite the write lock does the same. Returns the row as it is then, with
    the channel and customer that were loaded before.
    """
    changes = {"updated_at": timezone.now(), "revision": F("revision") + steps} | changes
    row = Conversation.objects.filter(where or Q(), pk=conversation.pk)
    return carry_relations(conversation, update_returning(row, **changes))


def carry_relations(before: Conversation, moved: Conversation | None) -> Conversation | None:
    """Give a row that was just written the channel and customer that were loaded before."""
    if moved is not None:
        for relation in ("channel", "customer"):
            if relation in before._state.fields_cache:
                setattr(moved, relation, getattr(before, relation))
    return moved


def add_message(
    conversation: Conversation,
    *,
    type: Message.Type,
    text: str,
    seq: int | None = None,
    **fields: Any,
) -> Message:
    """Store a message at `seq` (default: the conversation's present revision)."""
    place = conversation.revision if seq is None else seq
    message = insert_row(
        Message(
            business_id=conversation.business_id,
            conversation=conversation,
            seq=place,
            revision=place,
            type=type,
            text=text,
            epoch=conversation.epoch,
            **fields,
        )
    )
    message_created.send(sender=Message, conversation=conversation, message=message)
    return message


def queue_message(
    conversation: Conversation,
    *,
    type: Message.Type,
    text: str,
    seq: int | None = None,
    **fields: Any,
) -> Message:
    """Store a message of ours with the chunks that will carry it to the customer."""
    message = add_message(
        conversation, type=type, text=text, seq=seq, delivery=Message.Delivery.QUEUED, **fields
    )
    limit = adapter_for(conversation.channel.kind).capabilities.text_limit
    sent = sent_words(conversation, text, fields.get("details"))
    parts = split_text(sent, limit) or [sent]
    OutboundChunk.objects.bulk_create(
        OutboundChunk(
            business_id=conversation.business_id,
            conversation=conversation,
            message=message,
            seq=message.seq,
            number=number,
            count=len(parts),
            text=part,
        )
        for number, part in enumerate(parts, start=1)
    )
    message_queued.send(sender=Message, conversation=conversation, message=message)
    return message


def sent_words(
    conversation: Conversation, text: str, details: Mapping[str, Any] | None = None
) -> str:
    """What is sent for a message: its text, with its choices where the channel lists them."""
    if not (options := options_in(details)):
        return text
    return text_with(text, options, adapter_for(conversation.channel.kind).capabilities.buttons)


def fits_one_chunk(conversation: Conversation, text: str) -> bool:
    limit = adapter_for(conversation.channel.kind).capabilities.text_limit
    return len(split_text(text, limit)) <= 1


def begin_message(conversation: Conversation, *, text: str, **fields: Any) -> OutboundChunk:
    """Store an AI message whose only chunk the caller sends at once, holding the lane."""
    sent = sent_words(conversation, text, fields.get("details"))
    message = add_message(
        conversation, type=Message.Type.AI, text=text, delivery=Message.Delivery.SENDING, **fields
    )
    chunk = OutboundChunk(
        business_id=conversation.business_id,
        conversation=conversation,
        message=message,
        seq=message.seq,
        number=1,
        text=sent,
        state=Message.Delivery.SENDING,
        attempts=1,
        begun_at=timezone.now(),
    )
    return insert_row(chunk)


def add_note(conversation: Conversation, text: str, *, seq: int | None = None) -> Message:
    """A thin centred line that people read and customers don't."""
    return add_message(conversation, type=Message.Type.SYSTEM, text=text, seq=seq)


def last_words(message_type: Message.Type, text: str) -> Mapping[str, Any]:
    """What a list row shows of the latest message."""
    return {"last_text": preview(text), "last_type": message_type}


def preview(text: str) -> str:
    return " ".join(text.split())[:PREVIEW]


def drop_queued_ai(conversation: Conversation, *, code: str, detail: str) -> None:
    """Give up what the AI wrote in a past epoch and nobody began to send."""
    waiting = OutboundChunk.objects.filter(
        conversation=conversation,
        state="queued",
        message__type=Message.Type.AI,
        message__epoch__lt=conversation.epoch,
    )
    messages = list(Message.objects.filter(pk__in=waiting.values("message_id")))
    waiting.update(state="failed", failure={"code": code, "detail": detail})
    for message in messages:
        sum_up(conversation, message)


def sum_up(conversation: Conversation, message: Message) -> None:
    """A message is what the worst of its chunks is."""
    chunks = OutboundChunk.objects.filter(message=message).order_by("number")
    mirror_chunks(
        conversation, message, list(chunks.values_list("state", "failure", "external_id"))
    )


def mirror_chunks(
    conversation: Conversation, message: Message, chunks: Sequence[tuple[str, Any, str]]
) -> None:
    """Take over state, failure and the platform's id from the message's chunks, in their order."""
    states = {state for state, _, _ in chunks}
    worst = next(s for s in ("uncertain", "failed", "sending", "queued", "sent") if s in states)
    message.failure = next((failure for state, failure, _ in chunks if state == worst), None)
    message.delivery = "sending" if worst == "queued" and "sent" in states else worst
    message.external_id = chunks[0][2]
    message.revision = conversation.revision
    message.save(update_fields=["delivery", "failure", "external_id", "revision"])
    message_changed.send(sender=Message, conversation=conversation, message=message)
