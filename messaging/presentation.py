"""The public forms of what the centre holds: the same dicts in REST, sockets and pages."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from messaging.models import Conversation, MediaFile, Message
from messaging.models.channel import Channel
from messaging.models.customer import Customer
from messaging.offers import options_in
from messaging.windows import window_of

Form = dict[str, Any]
# The platform's own handle of a file: an address may carry its permission with it.
HIDDEN = {"ref"}


def message_form(message: Message) -> Form:
    """A message as agents and scripts see it."""
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "type": message.type,
        "text": message.text,
        "attachments": [attachment_form(shown) for shown in message.attachments],
        "created_at": message.created_at.isoformat(),
        "delivery": message.delivery,
        "failure": _failure_form(message.failure),
        "citations": message.citations,
        "options": options_in(message.details),
        "verdict": message.details.get("verdict"),
    }


def attachment_form(shown: Mapping[str, Any]) -> Form:
    """What came with a message; `url` gives the file once it is `stored`, after a log-in."""
    stored = shown.get("state") == MediaFile.State.STORED
    known = {key: value for key, value in shown.items() if key not in HIDDEN}
    return known | {"url": f"/api/v1/media/{shown['media_id']}/" if stored else None}


def conversation_form(conversation: Conversation) -> Form:
    """A conversation as agents and scripts see it; reads its channel and customer."""
    return {
        "id": conversation.id,
        "status": conversation.status,
        "channel": channel_form(conversation.channel),
        "customer": customer_form(conversation.customer),
        "assigned_to": conversation.assigned_to_id,
        "unread": conversation.unread,
        "needs_a_look": conversation.needs_a_look,
        "handover_reason": conversation.handover_reason or None,
        "last_message": _last_message_form(conversation),
        "window": window_form(conversation),
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
    }


def window_form(conversation: Conversation) -> Form:
    """Whether the platform lets a person write now, until when, and why not. No end = null."""
    now = timezone.now()
    window = window_of(conversation, sender="person", now=now)
    closes_at = None if window.closes_in is None else (now + window.closes_in).isoformat()
    return {"open": window.allowed, "closes_at": closes_at, "reason": window.reason}


def channel_form(channel: Channel) -> Form:
    return {"id": channel.id, "kind": channel.kind}


def customer_form(customer: Customer) -> Form:
    return {"id": customer.id, "external_id": customer.external_id, "name": customer.name}


def _failure_form(failure: Form | None) -> Form | None:
    if not failure:
        return None
    return {"code": failure.get("code", ""), "detail": failure.get("detail", "")}


def _last_message_form(conversation: Conversation) -> Form | None:
    if not conversation.last_type:
        return None
    return {"type": conversation.last_type, "text": conversation.last_text}
