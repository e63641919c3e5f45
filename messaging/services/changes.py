"""What platforms say of messages, customers and threads that we know already."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import F
from django.utils import timezone

from messaging.models import Channel, Conversation, Customer, InboundEvent, Message, OutboundChunk
from messaging.services.arrivals import Arrival, Fates, Received, note_fates
from messaging.services.early import (
    KINDS,
    TOO_EARLY,
    comes_in_any_order,
    end_waiting,
    find_waiting,
    hold_threads,
    keep_waiting,
)
from messaging.services.intake import MAX_TEXT, lock_threads
from messaging.services.media import delete_media
from messaging.services.moves import NO_CLAIM
from messaging.services.thread import add_note, advance, last_words
from messaging.signals import conversation_changed, message_changed, message_received
from messaging.types import EventKind, InboundMessage

TAKEN_BACK = "Message taken back"
SURE_TO_BE_QUOTED = 40  # a summary cuts long words short, but not as short as this
UNKNOWN = Received("ignored", "about a message that was never stored")
Targets = dict[tuple[str, str], Message]


def apply_changes(*, channel: Channel, arrivals: Sequence[Arrival]) -> Fates:
    """Apply events of the kinds SETTINGS or CHANGES, in their order; what became of each."""
    if not arrivals:
        return {}
    _hold_threads(channel, arrivals)
    targets = find_targets(channel, [arrival.event for arrival in arrivals])
    early = [arrival for arrival in arrivals if _is_early(channel, arrival.event, targets)]
    keep_waiting(early)
    waiting = {arrival.event_id for arrival in early}
    known = [arrival for arrival in arrivals if arrival.event_id not in waiting]
    fates = {arrival.event.dedupe_key: _apply(channel, arrival.event, targets) for arrival in known}
    note_fates(known, fates)
    return fates | {arrival.event.dedupe_key: TOO_EARLY for arrival in early}


def apply_early(*, channel: Channel, stored: Sequence[InboundMessage]) -> None:
    """Apply what came before these messages, which are stored now and their threads locked."""
    if not stored or not comes_in_any_order(channel):
        return
    if arrivals := find_waiting(channel, stored):
        apply_changes(channel=channel, arrivals=arrivals)
        end_waiting(arrivals)


def apply_late(channel: Channel, event: InboundMessage) -> Received:
    """The last look at what came before its message; it waits no more."""
    lock_threads(channel, [event.conversation_key])
    return _apply(channel, event, find_targets(channel, [event]))


def _hold_threads(channel: Channel, arrivals: Sequence[Arrival]) -> None:
    """What is read of their messages then still holds when it is written."""
    events = [arrival.event for arrival in arrivals]
    keys = {event.conversation_key for event in events if event.kind in ABOUT_MESSAGES}
    if keys and comes_in_any_order(channel):
        hold_threads(channel, keys)
    elif keys:
        lock_threads(channel, keys)


def _is_early(channel: Channel, event: InboundMessage, targets: Targets) -> bool:
    """Whether its message may still come."""
    if event.kind not in KINDS or not comes_in_any_order(channel):
        return False
    return (event.conversation_key, event.external_id) not in targets


def _apply(channel: Channel, event: InboundMessage, targets: Targets) -> Received:
    if event.kind in SETTINGS:
        return SETTINGS[event.kind](channel, event)
    if event.kind in REACHABLE:
        return _mark_reachable(channel, event, event.kind is EventKind.UNBLOCKED)
    message = targets.get((event.conversation_key, event.external_id))
    return ABOUT_MESSAGES[event.kind](message, event) if message else UNKNOWN


def find_targets(channel: Channel, events: Iterable[InboundMessage]) -> Targets:
    """The messages that events are about, by thread and the platform's id."""
    about = {
        (event.conversation_key, event.external_id)
        for event in events
        if event.kind in ABOUT_MESSAGES and event.external_id
    }
    if not about:
        return {}
    threads, ids = {thread for thread, _ in about}, {mid for _, mid in about}
    messages = (
        Message.objects.filter(
            conversation__channel=channel,
            conversation__external_id__in=threads,
            external_id__in=ids,
        )
        .select_related("conversation__channel", "conversation__customer")
        .order_by("-seq")
    )
    found = {(row.conversation.external_id, row.external_id): row for row in messages}
    if about - found.keys():
        found |= _find_by_chunk(channel, threads, ids)
    return found


def _find_by_chunk(channel: Channel, threads: set[str], ids: set[str]) -> Targets:
    """A long message of ours has an id for each part."""
    chunks = OutboundChunk.objects.filter(
        conversation__channel=channel,
        conversation__external_id__in=threads,
        external_id__in=ids,
    ).select_related("message", "conversation__channel", "conversation__customer")
    found = Targets()
    for chunk in chunks:
        chunk.message.conversation = chunk.conversation
        found[chunk.conversation.external_id, chunk.external_id] = chunk.message
    return found


def _edit(message: Message, event: InboundMessage) -> Received:
    if message.redacted_at is not None:
        return Received("ignored", "an edit of a message that was taken back", message)
    number = event.details.get("num_edit")
    if number is not None and number < message.details.get("num_edit", number):
        return Received("ignored", "a newer edit came before it", message)
    conversation = _advanced(message, _preview(message, event.text[:MAX_TEXT]))
    message.text, message.edited_at = event.text[:MAX_TEXT], timezone.now()
    counted = [] if number is None else ["details"]
    if counted:
        message.details = {**message.details, "num_edit": number}
    _save(conversation, message, "text", "edited_at", *counted)
    return Received("stored", "edited", message)


def _react(message: Message, event: InboundMessage) -> Received:
    """One reaction of each side; an empty one takes it back."""
    by, emoji = str(event.details.get("by", "customer")), str(event.details.get("emoji", ""))
    others = [reaction for reaction in message.reactions if reaction.get("by") != by]
    conversation = _advanced(message, {"updated_at": F("updated_at")})
    message.reactions = [*others, {"by": by, "emoji": emoji[:32]}] if emoji else others
    _save(conversation, message, "reactions")
    return Received("stored", "reacted", message)


def _redact(message: Message, event: InboundMessage) -> Received:
    """The words go everywhere; an answer to them that is being written starts again."""
    if message.redacted_at is not None:
        return Received("ignored", "taken back before", message)
    row = lock_threads(message.conversation.channel, [message.conversation.external_id])
    message.conversation = row[message.conversation.external_id]
    rest = _rest_of_unanswered(message)
    conversation = _advanced(message, _without_words(message) | _superseded(rest))
    _blank(conversation, message)
    conversation_changed.send(sender=Conversation, conversation=conversation)
    if rest:
        message_received.send(sender=Message, conversation=conversation, message=rest[-1])
    return Received("stored", "taken back", message)


def _blank(conversation: Conversation, message: Message) -> None:
    """Take the words out of the message, its files, its raw events, and what quotes it."""
    quoting = _quotes_of(message)
    message.text, message.attachments, message.reactions = "", [], []
    message.details, message.redacted_at = {}, timezone.now()
    _save(conversation, message, "text", "attachments", "reactions", "details", "redacted_at")
    for other in quoting:
        other.details = {**other.details, "reply_to": {**other.details["reply_to"], "text": ""}}
        _save(conversation, other, "details")
    delete_media(message_ids=[message.pk])
    told = InboundEvent.objects.filter(message__in=[message.pk, *(m.pk for m in quoting)])
    told.update(raw=b"", held=None)


def _quotes_of(message: Message) -> list[Message]:
    if not message.external_id:
        return []
    answers = Message.objects.filter(
        conversation=message.conversation_id, details__reply_to__external_id=message.external_id
    )
    return list(answers.exclude(pk=message.pk))


def _without_words(message: Message) -> dict[str, Any]:
    """The conversation's own copies: preview, suggestion, and the summary for a colleague."""
    changes: dict[str, Any] = {"suggestion": None, **_preview(message, TAKEN_BACK)}
    words = " ".join(message.text.split())[:SURE_TO_BE_QUOTED]
    summary = message.conversation.handover_summary
    if words and words in summary:
        kept = [line for line in summary.splitlines() if words not in line]
        changes["handover_summary"] = "\n".join([TAKEN_BACK + ".", *kept])
    return changes


def _rest_of_unanswered(message: Message) -> list[Message] | None:
    """What else waits for the AI beside this message; None when this one does not wait."""
    conversation = message.conversation
    if (
        conversation.status != Conversation.Status.ACTIVE
        or message.type != Message.Type.CUSTOMER
        or message.seq <= conversation.answered_seq
    ):
        return None
    waiting = Message.objects.filter(
        conversation=conversation,
        type=Message.Type.CUSTOMER,
        seq__gt=conversation.answered_seq,
        redacted_at=None,
    )
    return list(waiting.exclude(pk=message.pk).order_by("seq"))


def _superseded(rest: list[Message] | None) -> dict[str, Any]:
    """Nobody may answer what is gone; without other words nothing is due any more."""
    if rest is None:
        return {}
    if rest:
        return NO_CLAIM
    return {**NO_CLAIM, "answered_seq": F("last_customer_seq"), "first_unanswered_at": None}


def _preview(message: Message, text: str) -> dict[str, Any]:
    """The list row's words, if it shows this message."""
    newer = Message.objects.filter(conversation=message.conversation_id, seq__gt=message.seq)
    if newer.exclude(type=Message.Type.SYSTEM).exists():
        return {}
    return dict(last_words(Message.Type(message.type), text or TAKEN_BACK))


def _advanced(message: Message, changes: dict[str, Any]) -> Conversation:
    conversation = advance(message.conversation, **changes)
    assert conversation is not None
    return conversation


def _save(conversation: Conversation, message: Message, *fields: str) -> None:
    message.revision, message.conversation = conversation.revision, conversation
    message.save(update_fields=[*fields, "revision"])
    message_changed.send(sender=Message, conversation=conversation, message=message)


def _mark_reachable(channel: Channel, event: InboundMessage, reachable: bool) -> Received:
    customers = Customer.objects.filter(channel=channel, external_id=event.customer_key)
    customers.update(unreachable_at=None if reachable else timezone.now())
    rows = Conversation.objects.filter(
        channel=channel, customer__external_id=event.customer_key
    ).select_related("channel", "customer")
    for row in rows.order_by("external_id"):
        conversation = advance(row, updated_at=F("updated_at"))
        if conversation is not None:
            conversation_changed.send(sender=Conversation, conversation=conversation)
    return Received("stored", "the customer can be written to again" if reachable else "blocked us")


def _move(channel: Channel, event: InboundMessage) -> Received:
    """The thread goes on under another key. Where that one exists already, both stay."""
    old_key, new_key = event.conversation_key, str(event.details.get("new_key", ""))
    if not new_key or new_key == old_key:
        return Received("ignored", "a move that leads nowhere")
    known = lock_threads(channel, [old_key, new_key])
    move_customer(channel, old_key, new_key)
    old = known.get(old_key)
    if old is None:
        return Received("stored" if new_key in known else "ignored", "no thread to move")
    changes: dict[str, Any] = {} if new_key in known else {"external_id": new_key}
    moved = advance(old, updated_at=F("updated_at"), **changes)
    assert moved is not None
    if not changes:
        add_note(moved, "This chat goes on in another conversation")
    conversation_changed.send(sender=Conversation, conversation=moved)
    return Received("stored", "goes on elsewhere" if not changes else "moved")


def move_customer(channel: Channel, old_key: str, new_key: str) -> None:
    """A group is its own customer, so its key moves with it."""
    customers = Customer.objects.filter(channel=channel)
    if not customers.filter(external_id=new_key).exists():
        customers.filter(external_id=old_key).update(external_id=new_key)


def _keep_connection(channel: Channel, event: InboundMessage) -> Received:
    connection = dict(event.details.get("connection") or {})
    connection_id = str(connection.get("id", ""))
    if not connection_id:
        return Received("ignored", "a connection without an id")
    row = Channel.objects.select_for_update().get(pk=channel.pk)
    known = row.settings.get("business_connections") or {}
    row.settings = {**row.settings, "business_connections": {**known, connection_id: connection}}
    row.save(update_fields=["settings"])
    channel.settings = row.settings
    return Received("stored", "the business connection was noted")


SETTINGS: dict[EventKind, Callable[[Channel, InboundMessage], Received]] = {
    EventKind.MOVED: _move,
    EventKind.CONNECTION: _keep_connection,
}
ABOUT_MESSAGES: dict[EventKind, Callable[[Message, InboundMessage], Received]] = {
    EventKind.EDIT: _edit,
    EventKind.REDACTED: _redact,
    EventKind.REACTION: _react,
}
REACHABLE = {EventKind.BLOCKED, EventKind.UNBLOCKED}
CHANGES = {*ABOUT_MESSAGES, *REACHABLE}
