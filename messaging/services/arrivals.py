"""An event between its row and what becomes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from core.lib.prepared import Update, prepared_update
from messaging.models import InboundEvent, Message
from messaging.types import Attachment, Content, EventKind, InboundMessage


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one event: stored, duplicate, ignored, waiting or quarantined, and why."""

    fate: str
    reason: str = ""
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that was not seen before, and the id of its message when it becomes one."""

    event_id: str
    event: InboundMessage
    message_id: str = ""


Fates = dict[str, Received]
"""What became of events, by their dedupe keys."""


@prepared_update
def event_fate(
    event_id: str, fate: str, reason: str, message_id: str | None
) -> Update[InboundEvent]:
    rows: QuerySet[InboundEvent] = InboundEvent.objects.filter(pk=event_id)
    return Update(rows, {"fate": fate, "reason": reason, "message_id": message_id})


def note_fates(arrivals: Iterable[Arrival], fates: Mapping[str, Received]) -> None:
    """Write into each event's row what became of it; alike ones in one statement."""
    alike: dict[tuple[str, str, str | None, bool], list[str]] = {}
    for arrival in arrivals:
        received = fates[arrival.event.dedupe_key]
        message_id = received.message.pk if received.message else None
        key = (
            received.fate,
            received.reason[:200],
            message_id,
            _tells_gone_words(arrival, received),
        )
        alike.setdefault(key, []).append(arrival.event_id)
    for (fate, reason, message_id, blank), ids in alike.items():
        if len(ids) == 1 and not blank:
            event_fate(event_id=ids[0], fate=fate, reason=reason, message_id=message_id)
            continue
        rows = InboundEvent.objects.filter(pk__in=ids)
        words: dict[str, Any] = {"raw": b"", "held": None} if blank else {}
        rows.update(fate=fate, reason=reason, message_id=message_id, **words)


def _tells_gone_words(arrival: Arrival, received: Received) -> bool:
    """An edit may come after its message was taken back, or with it in one POST."""
    gone = received.message is not None and received.message.redacted_at is not None
    return gone and arrival.event.kind is EventKind.EDIT


def packed(event: InboundMessage) -> dict[str, Any]:
    """An event as JSON, for the time that it waits."""
    return {
        "kind": event.kind.value,
        "dedupe_key": event.dedupe_key,
        "conversation_key": event.conversation_key,
        "customer_key": event.customer_key,
        "external_id": event.external_id,
        "text": event.text,
        "content": event.content.value,
        "attachments": [attachment_form(attachment) for attachment in event.attachments],
        "sent_at": event.sent_at.isoformat() if event.sent_at else None,
        "customer_name": event.customer_name,
        "username": event.username,
        "details": dict(event.details),
    }


def unpacked(form: Mapping[str, Any]) -> InboundMessage:
    sent_at, attachments = form["sent_at"], form["attachments"]
    made = {
        "kind": EventKind(form["kind"]),
        "content": Content(form["content"]),
        "sent_at": datetime.fromisoformat(sent_at) if sent_at else None,
        "attachments": tuple(
            Attachment(**{**shown, "kind": Content(shown["kind"])}) for shown in attachments
        ),
    }
    return InboundMessage(**{**form, **made})


def attachment_form(attachment: Attachment) -> dict[str, Any]:
    """As a message's `attachments` hold it."""
    return {
        "kind": attachment.kind.value,
        "ref": attachment.ref,
        "name": attachment.name,
        "mime": attachment.mime,
        "size": attachment.size,
        "details": dict(attachment.details),
    }
