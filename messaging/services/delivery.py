"""Sending what is queued: in order, at most once, and never an AI message after a takeover.

A conversation has one lane. Whoever holds it (a lease) sends its chunks one after the other. The
claim of a send moves the conversation's row under the condition that lane and epoch still fit, and
the chunk to `sending`, in one short transaction; then one HTTP call; then its result.
Whether the platform's window still lets us write is decided at the claim; what is late fails
without a call. What a dead or switched-off channel holds up stays queued until that works again.
"""

import time
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Case, Exists, F, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.models import User
from core.lib.clock import database_now
from core.lib.errors import Conflict
from core.lib.hands import waiting
from core.lib.ids import new_id
from core.lib.on_commit import delay_on_commit
from messaging.adapters.registry import adapter_for
from messaging.models import Channel, Conversation, Message, OutboundChunk
from messaging.offers import buttons_for, options_in
from messaging.selectors import has_unsettled_chunks, next_unsettled_chunk
from messaging.services.lanes import (
    LANE_SECONDS,
    LONGEST_PAUSE,
    free_lane,
    heartbeat,
    is_down,
    is_working,
    lane_is_free,
    reserve_turn,
)
from messaging.services.receipts import changes_after, follow_thread, note_on_channel
from messaging.services.reply import Begun
from messaging.services.sent import is_plain_success, settle_success
from messaging.services.thread import advance, drop_queued_ai, mirror_chunks, sum_up
from messaging.signals import conversation_changed, message_queued
from messaging.types import Button, OutboundMessage, SendOutcome, SendReceipt
from messaging.windows import Sender, WindowDecision, window_of

log = structlog.get_logger(__name__)

STALE_AFTER = 2.0
MOST_RELEASED = 5_000  # the sweeper finds the rest
INTERRUPTED = {
    "code": "interrupted",
    "detail": "The send was interrupted; it is not known whether the message arrived.",
}
OVERTAKEN = {"code": "taken_over", "detail": "Not sent: people took over first."}


def deliver(*, conversation_id: str) -> None:
    """Send what the conversation has queued, unless another worker is at it."""
    lane = new_id()
    with heartbeat.keep(lane):
        while (chunk := next_unsettled_chunk(conversation_id)) is not None:
            if not _advance_chunk(chunk, lane) or not has_unsettled_chunks(conversation_id):
                break


def send_begun(begun: Begun) -> None:
    """Send a message that was written straight into `sending`, then whatever else waits."""
    chunk = begun.chunk
    with heartbeat.keep(begun.lane):
        receipt = _send(chunk, _window(chunk), claimed_at=begun.claimed_at)
        if receipt is None:
            free_lane(chunk.conversation_id, begun.lane)
        else:
            _settle(chunk, receipt, begun.lane)
    if has_unsettled_chunks(chunk.conversation_id):
        deliver(conversation_id=chunk.conversation_id)


def _advance_chunk(chunk: OutboundChunk, lane: str) -> bool:
    """Bring one chunk a step further; False when there is nothing to do here for now."""
    if chunk.state == Message.Delivery.SENDING:
        return _settle_interrupted(chunk, lane)
    if chunk.due_at is not None and chunk.due_at > timezone.now():
        return False
    if is_down(chunk.conversation.channel):
        return False
    if not _wait_for_turn(chunk):
        return True
    window = _window(chunk)
    claimed = _claim_send(chunk, lane, window)
    if claimed is None:
        return _is_past(chunk) or _drop_if_overtaken(chunk) or _is_reopened(chunk, window)
    receipt = _send(chunk, window, claimed_at=claimed)
    if receipt is not None:
        _settle(chunk, receipt, lane)
    return True


def _window(chunk: OutboundChunk) -> WindowDecision:
    """May this still be written to the customer now? Costs no statement."""
    return window_of(chunk.conversation, sender=_writer(chunk.message))


def _writer(message: Message) -> Sender:
    return "ai" if message.type == Message.Type.AI else "person"


def _wait_for_turn(chunk: OutboundChunk) -> bool:
    """Keep the platform's pace; True when it is this chunk's turn now."""
    pause = reserve_turn(chunk.conversation)
    if pause > LONGEST_PAUSE:
        OutboundChunk.objects.filter(pk=chunk.pk, state="queued").update(
            due_at=timezone.now() + timedelta(seconds=pause)
        )
        return False
    if pause > 0:
        with waiting():
            time.sleep(pause)
    return True


def _claim_send(chunk: OutboundChunk, lane: str, window: WindowDecision) -> float | None:
    """Move the chunk to `sending` if lane and epoch allow it; the monotonic time of the claim."""
    ours = Q(lane_token=lane) | lane_is_free()
    fence = Q(epoch=chunk.message.epoch) if chunk.message.type == Message.Type.AI else Q()
    if not window.allowed:  # a customer who writes at this moment opens it again
        fence &= Q(window_from=chunk.conversation.window_from)
    claimed_at = time.monotonic()
    with transaction.atomic():
        held = Conversation.objects.filter(ours, fence, pk=chunk.conversation_id).update(
            lane_token=lane, lane_until=database_now(plus=LANE_SECONDS)
        )
        begun = held and _as_read(chunk).update(
            state="sending", attempts=chunk.attempts + 1, begun_at=timezone.now()
        )
        if begun:
            Message.objects.filter(pk=chunk.message_id).update(delivery="sending")
        else:
            # A lane without a send would hold the thread's next messages up until it lapses.
            transaction.set_rollback(True)
    chunk.attempts += 1 if begun else 0
    return claimed_at if begun else None


def _as_read(chunk: OutboundChunk) -> QuerySet[OutboundChunk]:
    """The chunk's row while nobody has tried to send it since it was read."""
    return OutboundChunk.objects.filter(pk=chunk.pk, state="queued", attempts=chunk.attempts)


def _is_past(chunk: OutboundChunk) -> bool:
    """Another sender was faster with this chunk, so look afresh at what comes next."""
    return not _as_read(chunk).exists()


def _drop_if_overtaken(chunk: OutboundChunk) -> bool:
    """After a refused claim: give up an AI chunk of a past epoch; else leave it to its sender."""
    if chunk.message.type != Message.Type.AI:
        return False
    with transaction.atomic():
        later = Q(epoch__gt=chunk.message.epoch)
        conversation = advance(chunk.conversation, where=later)
        if conversation is None:
            return False
        drop_queued_ai(conversation, **OVERTAKEN)
    return True


def _is_reopened(chunk: OutboundChunk, window: WindowDecision) -> bool:
    """After a refused claim: did the customer write since the window was found closed?"""
    if window.allowed:
        return False
    as_read = Q(window_from=chunk.conversation.window_from)
    return not Conversation.objects.filter(as_read, pk=chunk.conversation_id).exists()


def _send(chunk: OutboundChunk, window: WindowDecision, *, claimed_at: float) -> SendReceipt | None:
    """The one network call. None when this process stood still since the claim: no sending."""
    if not window.allowed:
        return SendReceipt(SendOutcome.REJECTED, code=window.code, detail=window.reason)
    channel = chunk.conversation.channel
    outbound = OutboundMessage(
        conversation_key=chunk.conversation.external_id,
        text=chunk.text,
        local_id=chunk.pk,
        markup=False,
        tag=window.tag,
        buttons=_buttons(chunk),
    )
    account = channel.account()
    if time.monotonic() - claimed_at > STALE_AFTER:
        OutboundChunk.objects.filter(pk=chunk.pk, state="sending", attempts=chunk.attempts).update(
            state="queued"
        )
        return None
    with waiting():
        return adapter_for(channel.kind).send(account, outbound)


def _buttons(chunk: OutboundChunk) -> tuple[Button, ...]:
    """The message's choices stand under its last part."""
    options = options_in(chunk.message.details) if chunk.number == chunk.count else []
    buttons = adapter_for(chunk.conversation.channel.kind).capabilities.buttons
    return buttons_for(options, buttons) if options else ()


def _settle(chunk: OutboundChunk, receipt: SendReceipt, lane: str) -> None:
    """Write down what became of the send, and let the lane go when nothing is left."""
    if is_plain_success(chunk, receipt):
        settle_success(chunk, receipt, lane)
        return
    with transaction.atomic():
        receipt = follow_thread(chunk, receipt)
        chunk_changes = changes_after(chunk, receipt)
        changes = _conversation_changes(chunk, chunk_changes, lane)
        conversation = advance(chunk.conversation, **changes)
        assert conversation is not None
        # A result that comes late proves something only about its own attempt.
        ours = OutboundChunk.objects.filter(pk=chunk.pk, attempts=chunk.attempts)
        counts = ours.exclude(state="sent").update(**chunk_changes)
        note_on_channel(chunk, receipt)
        if counts and chunk.count == 1:
            state, failure = chunk_changes["state"], chunk_changes["failure"]
            mirror_chunks(conversation, chunk.message, [(state, failure, receipt.external_id)])
        else:
            sum_up(conversation, chunk.message)
        if conversation.needs_a_look:
            conversation_changed.send(sender=Conversation, conversation=conversation)
    if receipt.outcome is not SendOutcome.SENT:
        log.warning(
            "send_not_done",
            conversation_id=conversation.pk,
            chunk_id=chunk.pk,
            outcome=receipt.outcome.value,
            code=receipt.code,
        )


def _conversation_changes(
    chunk: OutboundChunk, chunk_changes: dict[str, Any], lane: str
) -> dict[str, Any]:
    """The lane is freed with each result, if it is still ours: the next claim takes it again."""
    freed = Case(When(lane_token=lane, then=Value("")), default=F("lane_token"))
    changes: dict[str, Any] = {"lane_token": freed}
    if chunk_changes["state"] in {"failed", "uncertain"}:
        arrived = Exists(OutboundChunk.objects.filter(pk=chunk.pk, state="sent"))  # by its echo
        changes["needs_a_look"] = Case(When(arrived, then=F("needs_a_look")), default=Value(True))
    return changes


def _settle_interrupted(chunk: OutboundChunk, lane: str) -> bool:
    """A send whose sender is gone: nobody knows whether it arrived, so it is never sent again."""
    with transaction.atomic():
        conversation = advance(
            chunk.conversation,
            where=lane_is_free(),
            lane_token="",
            lane_until=None,
            needs_a_look=True,
        )
        if conversation is None:
            return False
        settled = OutboundChunk.objects.filter(
            pk=chunk.pk, state="sending", attempts=chunk.attempts
        ).update(state="uncertain", failure=INTERRUPTED)
        if not settled:  # its sender wrote the result between our look and now
            transaction.set_rollback(True)
            return True
        sum_up(conversation, chunk.message)
        conversation_changed.send(sender=Conversation, conversation=conversation)
    return True


def retry_message(*, message: Message, user: User) -> Message:
    """Send again what failed or is uncertain, because a person asks for it."""
    if message.delivery not in {Message.Delivery.FAILED, Message.Delivery.UNCERTAIN}:
        raise Conflict("Only a message that failed or may not have arrived can be sent again.")
    window = window_of(message.conversation, sender=_writer(message))
    if not window.allowed:
        raise Conflict(window.reason, code=window.code)
    with transaction.atomic():
        conversation = advance(message.conversation, needs_a_look=False)
        assert conversation is not None
        again = OutboundChunk.objects.filter(message=message, state__in=["failed", "uncertain"])
        again.update(state="queued", attempts=0, due_at=None, failure=None)
        # A person asked for it, so it belongs to the present epoch whoever wrote it.
        Message.objects.filter(pk=message.pk).update(epoch=conversation.epoch)
        message.epoch = conversation.epoch
        sum_up(conversation, message)
        message_queued.send(sender=Message, conversation=conversation, message=message)
        conversation_changed.send(sender=Conversation, conversation=conversation)
    return message


def release_waiting(channel_id: str) -> int:
    """Have what waited for this channel sent, after the commit; how many conversations it is.

    Call it when the channel works again. What is too late by then fails with its reason.
    """
    from messaging.tasks import deliver_conversation  # tasks import this module

    Channel.objects.filter(pk=channel_id).exclude(sends_refused_at=None).update(
        sends_refused_at=None
    )
    waiting = (
        OutboundChunk.objects.filter(conversation__channel_id=channel_id, state="queued")
        .order_by("conversation_id")
        .values_list("conversation_id", flat=True)
        .distinct()
    )
    conversation_ids = list(waiting[:MOST_RELEASED])
    for conversation_id in conversation_ids:
        delay_on_commit(deliver_conversation, conversation_id)
    return len(conversation_ids)


def deliveries_due(*, older_than: float, limit: int = 500) -> QuerySet[OutboundChunk, str]:
    """Ids of conversations that have something to send while nobody holds their lane."""
    idle = Q(conversation__lane_token="") | Q(conversation__lane_until__lt=database_now())
    ready = Q(due_at=None) | Q(due_at__lt=database_now())
    to_do = Q(state="sending") | Q(is_working("conversation__channel__"), state="queued")
    return (
        OutboundChunk.objects.filter(
            idle, ready, to_do, created_at__lt=database_now(plus=-older_than)
        )
        .order_by("conversation_id")
        .values_list("conversation_id", flat=True)
        .distinct()[:limit]
    )
