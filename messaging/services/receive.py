"""Taking in what customers send: one short transaction per POST."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.lib.ids import new_id
from messaging.models import Channel, Conversation, Customer, InboundEvent, Message
from messaging.services.obstacles import ai_obstacles
from messaging.services.thread import add_message, advance, last_words
from messaging.signals import conversation_changed, message_changed, message_received
from messaging.types import EventKind, InboundMessage

MAX_TEXT = 20_000
LAST_INBOUND_STEP = timedelta(seconds=30)
CONTENT_NAMES = {
    "photo": "Photo",
    "voice": "Voice note",
    "audio": "Audio",
    "video": "Video",
    "document": "Document",
    "sticker": "Sticker",
    "location": "Location",
    "contact": "Contact",
    "start": "Opened the chat",
}


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one event: stored, duplicate, ignored or quarantined, and why."""

    fate: str
    reason: str = ""
    message: Message | None = None


def receive_events(
    *, channel: Channel, events: Sequence[InboundMessage], raw: bytes
) -> list[Received]:
    """Store the events of one POST; those seen before change nothing."""
    once = list({event.dedupe_key: event for event in events}.values())
    with transaction.atomic():
        message_ids = {event.dedupe_key: new_id() for event in once}
        fresh = _record_events(channel, once, raw, message_ids)
        # Sorted by thread, so that two POSTs never wait for each other's rows crosswise.
        ordered = sorted(once, key=lambda event: event.conversation_key)
        results = {
            event.dedupe_key: _take_in(channel, event, message_ids[event.dedupe_key])
            for event in ordered
            if event.dedupe_key in fresh
        }
        _note_inbound(channel)
    seen_before = Received("duplicate", "seen before")
    return [results.get(event.dedupe_key, seen_before) for event in events]


def quarantine_payload(*, channel: Channel, raw: bytes, reason: str) -> Received:
    """Keep an authentic payload that can't be read, for platform staff to look at."""
    key = "unreadable:" + hashlib.sha256(raw).hexdigest()
    event = InboundEvent(
        business_id=channel.business_id,
        channel=channel,
        dedupe_key=key,
        fate=InboundEvent.Fate.QUARANTINED,
        reason=reason[:200],
        raw=raw,
    )
    InboundEvent.objects.bulk_create([event], ignore_conflicts=True)
    return Received("quarantined", reason)


def _record_events(
    channel: Channel, events: Sequence[InboundMessage], raw: bytes, message_ids: Mapping[str, str]
) -> set[str]:
    """Insert the event rows and return the keys that were not there before."""
    rows = {
        event.dedupe_key: InboundEvent(
            business_id=channel.business_id,
            channel=channel,
            dedupe_key=event.dedupe_key,
            fate="ignored" if event.kind is EventKind.IGNORED else "stored",
            reason=event.reason[:200],
            # Constraints are checked at the commit, so the message may come after its event.
            message_id=message_ids[event.dedupe_key] if event.kind is EventKind.MESSAGE else None,
            raw=raw,
        )
        for event in events
    }
    InboundEvent.objects.bulk_create(rows.values(), ignore_conflicts=True)
    ours = InboundEvent.objects.filter(pk__in=[row.pk for row in rows.values()])
    return set(ours.values_list("dedupe_key", flat=True))


def _note_inbound(channel: Channel) -> None:
    now = timezone.now()
    if channel.last_inbound_at is None or now - channel.last_inbound_at > LAST_INBOUND_STEP:
        Channel.objects.filter(pk=channel.pk).update(last_inbound_at=now)


def _take_in(channel: Channel, event: InboundMessage, message_id: str) -> Received:
    match event.kind:
        case EventKind.MESSAGE:
            return Received("stored", message=_store_message(channel, event, message_id))
        case EventKind.EDIT:
            return _edit_message(channel, event)
        case EventKind.BLOCKED | EventKind.UNBLOCKED:
            return _mark_reachable(channel, event, event.kind is EventKind.UNBLOCKED)
        case _:
            return Received("ignored", event.reason)


def _mark_reachable(channel: Channel, event: InboundMessage, reachable: bool) -> Received:
    customers = Customer.objects.filter(channel=channel, external_id=event.customer_key)
    customers.update(unreachable_at=None if reachable else timezone.now())
    return Received("stored", "the customer can be written to again" if reachable else "blocked us")


def _edit_message(channel: Channel, event: InboundMessage) -> Received:
    message = (
        Message.objects.filter(
            conversation__channel=channel,
            conversation__external_id=event.conversation_key,
            external_id=event.external_id,
            type=Message.Type.CUSTOMER,
        )
        .select_related("conversation")
        .order_by("seq")
        .first()
    )
    if message is None:
        return Received("ignored", "an edit of a message that was never stored")
    conversation = advance(message.conversation)
    assert conversation is not None
    message.text = event.text[:MAX_TEXT]
    message.edited_at = timezone.now()
    message.revision = conversation.revision
    message.save(update_fields=["text", "edited_at", "revision"])
    message_changed.send(sender=Message, conversation=conversation, message=message)
    return Received("stored", "edited", message)


def _store_message(channel: Channel, event: InboundMessage, message_id: str) -> Message:
    conversation = _next_in_thread(channel, event)
    message = add_message(
        conversation,
        id=message_id,
        type=Message.Type.CUSTOMER,
        text=event.text[:MAX_TEXT],
        content="start" if event.is_start else event.content,
        attachments=[asdict(attachment) for attachment in event.attachments],
        external_id=event.external_id,
        said_at=event.sent_at,
    )
    conversation_changed.send(sender=Conversation, conversation=conversation)
    if conversation.status == Conversation.Status.ACTIVE:
        message_received.send(sender=Message, conversation=conversation, message=message)
    return message


def _next_in_thread(channel: Channel, event: InboundMessage) -> Conversation:
    """The thread's conversation, moved on by one message; made on the first one."""
    found = _find_conversation(channel, event)
    moved = _moved_on(found or _make_conversation(channel, event), event)
    if moved is None:  # another delivery made it a moment before us
        found = _find_conversation(channel, event)
        assert found is not None
        moved = _moved_on(found, event)
    assert moved is not None
    return moved


def _find_conversation(channel: Channel, event: InboundMessage) -> Conversation | None:
    """The row is locked, so that what is computed from it still holds when it is written."""
    conversation = (
        Conversation.objects.filter(channel=channel, external_id=event.conversation_key)
        .select_related("customer")
        .select_for_update(of=("self",))
        .first()
    )
    if conversation is not None:
        conversation.channel = channel
        _refresh_customer(conversation.customer, event)
    return conversation


def _make_conversation(channel: Channel, event: InboundMessage) -> Conversation:
    fresh = Conversation(
        business_id=channel.business_id,
        channel=channel,
        customer=_find_or_make_customer(channel, event),
        external_id=event.conversation_key,
        status=initial_status(channel.business_id),
    )
    Conversation.objects.bulk_create([fresh], ignore_conflicts=True)
    return fresh


def _find_or_make_customer(channel: Channel, event: InboundMessage) -> Customer:
    fresh = Customer(
        business_id=channel.business_id,
        channel=channel,
        external_id=event.customer_key,
        name=event.customer_name[:200],
        username=event.username[:120],
        language=event.language[:16],
    )
    Customer.objects.bulk_create([fresh], ignore_conflicts=True)
    return Customer.objects.get(channel=channel, external_id=event.customer_key)


def _refresh_customer(customer: Customer, event: InboundMessage) -> None:
    """Take over a new name or language, and that whoever writes can be written to."""
    new = {
        "name": event.customer_name[:200] or customer.name,
        "username": event.username[:120] or customer.username,
        "language": event.language[:16] or customer.language,
        "unreachable_at": None,
    }
    changed = {key: value for key, value in new.items() if getattr(customer, key) != value}
    if changed and customer.external_id == event.customer_key:
        Customer.objects.filter(pk=customer.pk).update(**changed)


def initial_status(business_id: str) -> Conversation.Status:
    """Seed 003: the owner's default handler decides, and AI must be able to serve."""
    handler = (
        User.objects.filter(business_id=business_id, role=User.Role.OWNER)
        .values_list("default_reply_handler", flat=True)
        .first()
    )
    if handler == User.Handler.AI and not ai_obstacles(business_id):
        return Conversation.Status.ACTIVE
    return Conversation.Status.SUPPORT_ACTIVE


def _moved_on(conversation: Conversation, event: InboundMessage) -> Conversation | None:
    """Move the watermark and the list row on; reopen a closed conversation afresh. None when the
    row is not there."""
    now, seq = timezone.now(), conversation.revision + 1
    answered = conversation.answered_seq >= conversation.last_customer_seq
    changes: dict[str, Any] = {
        "last_customer_seq": seq,
        "unread": conversation.unread + 1,
        "last_customer_at": now,
        "first_unanswered_at": now if answered else conversation.first_unanswered_at or now,
        **last_words(Message.Type.CUSTOMER, preview_of(event)),
    }
    if conversation.status == Conversation.Status.CLOSED:
        changes |= _afresh(conversation, seq)
    return advance(conversation, **changes)


def _afresh(conversation: Conversation, seq: int) -> dict[str, Any]:
    return {
        "status": initial_status(conversation.business_id),
        "epoch": conversation.epoch + 1,
        "context_from_seq": seq,
        "answered_seq": seq - 1,
        "first_unanswered_at": timezone.now(),
        "assigned_to": None,
        "handover_reason": "",
        "handover_summary": "",
        "suggestion": None,
        "ai_turns": 0,
        "claim_token": "",
        "claim_until": None,
        "claim_attempts": 0,
        "restarts": 0,
    }


def preview_of(event: InboundMessage) -> str:
    """The words, or what came instead of them."""
    if event.text and not event.is_start:
        return event.text
    return CONTENT_NAMES.get("start" if event.is_start else event.content, "Message")
