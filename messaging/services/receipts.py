"""What the platform's answer to a send means for chunk, thread, customer and channel."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from messaging.models import Channel, Conversation, Customer, OutboundChunk
from messaging.services.changes import move_customer
from messaging.signals import channel_died
from messaging.types import FailureScope, SendOutcome, SendReceipt

MAX_ATTEMPTS = 6
LONGEST_RETRY_AFTER = 600.0
LAST_OUTBOUND_STEP = timedelta(seconds=30)
ELSEWHERE = "This chat goes on in another conversation of the inbox. Answer there."


def changes_after(chunk: OutboundChunk, receipt: SendReceipt) -> dict[str, Any]:
    """Decide a chunk's next state from its receipt."""
    failure = {"code": receipt.code, "detail": receipt.detail}
    match receipt.outcome:
        case SendOutcome.SENT:
            return {
                "state": "sent",
                "external_id": receipt.external_id,
                "sent_at": timezone.now(),
                "failure": None,
            }
        case SendOutcome.UNCERTAIN:
            return {"state": "uncertain", "failure": failure}
        case SendOutcome.REJECTED:
            return _after_rejection(chunk, receipt, failure)


def _after_rejection(
    chunk: OutboundChunk, receipt: SendReceipt, failure: dict[str, str]
) -> dict[str, Any]:
    again = {"state": "queued", "due_at": None, "failure": failure}
    if receipt.resend_as_plain_text and not chunk.plain:
        return again | {"plain": True}
    if _is_dead_channel(receipt) or _new_key(chunk, receipt):
        return again
    pause = max(receipt.retry_after or 0.0, 0.5 * 2**chunk.attempts)
    if receipt.permanent or chunk.attempts >= MAX_ATTEMPTS or pause > LONGEST_RETRY_AFTER:
        return {"state": "failed", "failure": failure}
    return again | {"due_at": timezone.now() + timedelta(seconds=pause)}


def _is_dead_channel(receipt: SendReceipt) -> bool:
    rejected = receipt.outcome is SendOutcome.REJECTED and receipt.permanent
    return rejected and receipt.scope is FailureScope.CHANNEL


def _new_key(chunk: OutboundChunk, receipt: SendReceipt) -> str:
    """Where the platform says the thread goes on; empty when it was followed once already."""
    key = str(receipt.details.get("conversation_key") or "")
    followed = (chunk.failure or {}).get("code") == receipt.code
    return "" if followed or receipt.outcome is not SendOutcome.REJECTED else key


def follow_thread(chunk: OutboundChunk, receipt: SendReceipt) -> SendReceipt:
    """Give the conversation the key that the platform names; the receipt to go on with."""
    key = _new_key(chunk, receipt)
    if not key:
        return receipt
    try:
        with transaction.atomic():
            Conversation.objects.filter(pk=chunk.conversation_id).update(external_id=key)
    except IntegrityError:  # somebody wrote under the new key before we knew of it
        return replace(receipt, detail=ELSEWHERE, details={})
    move_customer(chunk.conversation.channel, chunk.conversation.external_id, key)
    return receipt


def note_on_channel(chunk: OutboundChunk, receipt: SendReceipt) -> None:
    """A send shows that the channel works; a blocked customer or a dead channel is more than one
    message's trouble."""
    channel = chunk.conversation.channel
    if receipt.outcome is SendOutcome.SENT:
        _note_outbound(channel)
    elif _is_dead_channel(receipt):
        _note_death(channel, receipt.detail)
    elif receipt.permanent and receipt.scope is FailureScope.CUSTOMER:
        Customer.objects.filter(pk=chunk.conversation.customer_id).update(
            unreachable_at=timezone.now()
        )


def _note_outbound(channel: Channel) -> None:
    """The channel works; written only when that is news."""
    now, changes = timezone.now(), dict[str, Any]()
    if channel.last_outbound_at is None or now - channel.last_outbound_at > LAST_OUTBOUND_STEP:
        changes["last_outbound_at"] = now
    if channel.sends_refused_at is not None:
        changes |= {"sends_refused_at": None, "health": Channel.Health.OK, "health_detail": ""}
    if channel.health == Channel.Health.NEW:
        changes["health"] = Channel.Health.OK
    if changes:
        Channel.objects.filter(pk=channel.pk).update(**changes)


def _note_death(channel: Channel, detail: str) -> None:
    """The channel waits for a reconnect, unless that came while the old token was being tried."""
    row = Channel.objects.select_for_update().get(pk=channel.pk)
    if row.secrets == channel.secrets:
        Channel.objects.filter(pk=channel.pk).update(
            sends_refused_at=timezone.now(),
            health=Channel.Health.DEAD,
            health_detail=detail[:300],
        )
        if row.health != Channel.Health.DEAD:
            row.health, row.health_detail = Channel.Health.DEAD, detail[:300]
            channel_died.send(sender=Channel, channel=row)
