"""Customers' messages into rows: a POST's worth at once, each thread's in the order of writing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from core.lib.prepared import insert_missing, insert_rows, prepared_rows
from messaging.adapters.registry import adapter_for
from messaging.models import Channel, Conversation, Customer, MediaFile, Message
from messaging.services.arrivals import Arrival, attachment_form
from messaging.services.obstacles import ai_obstacles
from messaging.services.profiles import profile_is_due
from messaging.services.status_log import By, note_changes, status_change
from messaging.services.thread import advance, last_words
from messaging.signals import (
    conversation_changed,
    conversation_opened,
    media_expected,
    message_created,
    message_received,
    profile_wanted,
)
from messaging.types import InboundMessage

MAX_TEXT = 20_000
LATEST_DELIVERY = timedelta(hours=36)  # Meta tries for so long, Telegram for a day
CONTENT_NAMES = {
    "photo": "Photo",
    "voice": "Voice note",
    "audio": "Audio",
    "video": "Video",
    "document": "Document",
    "sticker": "Sticker",
    "location": "Location",
    "contact": "Contact",
    "story": "Story",
    "post": "Post",
    "start": "Opened the chat",
}


Threads = Mapping[str, Sequence[Arrival]]


def store_messages(*, channel: Channel, arrivals: Sequence[Arrival]) -> dict[str, Message]:
    """Store customers' messages, oldest first, and tell of them; the messages by their ids."""
    threads = _by_thread(arrivals)
    conversations = _move_on(channel, threads)
    messages = [
        build_message(conversations[key], arrival, seq=seq)
        for key, thread in threads.items()
        for seq, arrival in enumerate(thread, conversations[key].revision - len(thread) + 1)
    ]
    expect_media(channel, messages)
    insert_rows(messages)
    for message in messages:
        message_created.send(sender=Message, conversation=message.conversation, message=message)
    by_id = {message.pk: message for message in messages}
    for key, thread in threads.items():
        _tell(channel, conversations[key], thread, by_id)
    return by_id


def _by_thread(arrivals: Iterable[Arrival]) -> dict[str, list[Arrival]]:
    """Each thread's in the order in which they came, threads by key, so that two POSTs never wait
    for each other's rows crosswise."""
    threads = dict[str, list[Arrival]]()
    for arrival in sorted(arrivals, key=lambda arrival: arrival.event.conversation_key):
        threads.setdefault(arrival.event.conversation_key, []).append(arrival)
    return threads


def _move_on(channel: Channel, threads: Threads) -> dict[str, Conversation]:
    """The threads' conversations, moved on by their messages; made for first ones."""
    now = timezone.now()
    moved = _move_known(channel, threads, now)
    new = {key: thread for key, thread in threads.items() if key not in moved}
    if new:
        moved |= make_conversations(channel, new, now=now)
        # Another delivery made the others a moment before us.
        moved |= _move_known(channel, {k: t for k, t in new.items() if k not in moved}, now)
    return moved


def _move_known(channel: Channel, threads: Threads, now: datetime) -> dict[str, Conversation]:
    if not threads:
        return {}
    moved = dict[str, Conversation]()
    known = lock_threads(channel, threads)
    closed = any(row.status == Conversation.Status.CLOSED for row in known.values())
    reopened_as = initial_status(channel.business_id) if closed else ""
    for key, conversation in known.items():
        changes = _changes(conversation, threads[key], now, reopened_as)
        advanced = advance(conversation, steps=len(threads[key]), **changes)
        assert advanced is not None
        moved[key] = advanced
    _note_reopened(known, moved)
    refresh_customers(
        (known[key].customer, arrival.event) for key in known for arrival in threads[key]
    )
    return moved


def _note_reopened(known: Mapping[str, Conversation], moved: Mapping[str, Conversation]) -> None:
    """A reopened thread begins with the first message that came now."""
    note_changes(
        [
            status_change(
                moved[key],
                before=row.status,
                by=By.CUSTOMER,
                reason="reopened",
                seq=row.revision + 1,
            )
            for key, row in known.items()
            if row.status != moved[key].status
        ]
    )


def _threads(channel_id: str) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(channel_id=channel_id).select_related("customer")
    return rows.select_for_update(of=("self",))


@prepared_rows
def one_thread(channel_id: str, key: str) -> QuerySet[Conversation]:
    return _threads(channel_id).filter(external_id=key)


def lock_threads(channel: Channel, keys: Iterable[str]) -> dict[str, Conversation]:
    """Conversations by key, locked: what is computed from a row still holds when it is written."""
    wanted = list(keys)
    rows: Iterable[Conversation]
    if len(wanted) == 1:
        rows = one_thread(channel_id=channel.pk, key=wanted[0])
    else:
        rows = _threads(channel.pk).filter(external_id__in=wanted).order_by("external_id")
    found = {conversation.external_id: conversation for conversation in rows}
    for conversation in found.values():
        conversation.channel = channel
    return found


def make_conversations(
    channel: Channel, threads: Threads, *, now: datetime, status: str = ""
) -> dict[str, Conversation]:
    """Conversations for new threads, moved on by their messages; not those that somebody else made
    at this moment. `status`: for threads that no customer began."""
    customers = _find_or_make_customers(channel, threads)
    first_status = status or initial_status(channel.business_id)
    fresh = []
    for key, thread in threads.items():
        conversation = Conversation(
            business_id=channel.business_id,
            channel=channel,
            customer=customers[thread[0].event.customer_key],
            external_id=key,
            status=first_status,
        )
        if not status:
            changes = _changes(conversation, thread, now) | {"revision": len(thread)}
            for name, value in changes.items():
                setattr(conversation, name, value)
        fresh.append(conversation)
    made = insert_missing(fresh)
    for conversation in made:
        conversation_opened.send(sender=Conversation, conversation=conversation)
    return {conversation.external_id: conversation for conversation in made}


def _find_or_make_customers(channel: Channel, threads: Threads) -> dict[str, Customer]:
    first = {thread[0].event.customer_key: thread[-1].event for thread in threads.values()}
    fresh = [
        Customer(
            business_id=channel.business_id,
            channel=channel,
            external_id=key,
            name=event.customer_name[:200],
            username=event.username[:120],
            language=event.language[:16],
        )
        for key, event in sorted(first.items())
    ]
    customers = {customer.external_id: customer for customer in insert_missing(fresh)}
    if missing := first.keys() - customers.keys():
        rows = Customer.objects.filter(channel=channel, external_id__in=missing).order_by("pk")
        known = {customer.external_id: customer for customer in rows}
        refresh_customers((customer, first[key]) for key, customer in known.items())
        customers |= known
    return customers


def refresh_customers(said: Iterable[tuple[Customer, InboundMessage]]) -> None:
    """Take over a new name or language, and that whoever writes can be written to."""
    latest = {
        customer.pk: (customer, event)
        for customer, event in said
        if customer.external_id == event.customer_key
    }
    for pk, (customer, event) in latest.items():
        new = {
            "name": event.customer_name[:200] or customer.name,
            "username": event.username[:120] or customer.username,
            "language": event.language[:16] or customer.language,
            "unreachable_at": None,
        }
        changed = {key: value for key, value in new.items() if getattr(customer, key) != value}
        if changed:
            Customer.objects.filter(pk=pk).update(**changed)
            for name, value in changed.items():
                setattr(customer, name, value)


@prepared_rows
def owners(business_id: str) -> QuerySet[User]:
    rows = User.objects.filter(business_id=business_id, role=User.Role.OWNER)
    return rows.only("default_reply_handler").order_by("pk")[:1]


def initial_status(business_id: str) -> Conversation.Status:
    """Seed 003: the owner's default handler decides, and AI must be able to serve."""
    owner = owners.first(business_id=business_id)
    by_ai = owner is not None and owner.default_reply_handler == User.Handler.AI
    if by_ai and not ai_obstacles(business_id):
        return Conversation.Status.ACTIVE
    return Conversation.Status.SUPPORT_ACTIVE


def _changes(
    conversation: Conversation, thread: Sequence[Arrival], now: datetime, reopened_as: str = ""
) -> dict[str, Any]:
    """Move watermark and list row on; open a closed conversation afresh, as `reopened_as`."""
    seq, last = conversation.revision, thread[-1].event
    closed = conversation.status == Conversation.Status.CLOSED
    changes: dict[str, Any] = {
        "last_customer_seq": seq + len(thread),
        "unread": conversation.unread + len(thread),
        "window_from": _window_from(conversation, thread, now),
        **last_words(Message.Type.CUSTOMER, preview_of(last)),
    }
    if closed:
        changes |= _afresh(conversation, reopened_as)
    nothing_open = closed or conversation.answered_seq >= conversation.last_customer_seq
    return changes | _due(conversation, thread, nothing_open, now)


def _due(
    conversation: Conversation, thread: Sequence[Arrival], nothing_open: bool, now: datetime
) -> dict[str, Any]:
    """Until when the thread is answered, now that these came: not every message wants an answer."""
    wanting = [number for number, arrival in enumerate(thread) if arrival.event.wants_answer]
    due: dict[str, Any] = {}
    if nothing_open:
        done_with = wanting[0] if wanting else len(thread)
        due["answered_seq"] = conversation.revision + done_with
        due["first_unanswered_at"] = now if wanting else None
    elif wanting:
        due["first_unanswered_at"] = conversation.first_unanswered_at or now
    if wanting or conversation.last_customer_at is None:
        due["last_customer_at"] = now
    return due


def _window_from(conversation: Conversation, thread: Sequence[Arrival], now: datetime) -> datetime:
    """When the newest of the customer's own words were written, where that can be believed."""
    times = [_written_at(arrival.event, now) for arrival in thread]
    return max(*times, conversation.window_from or times[0])


def _written_at(event: InboundMessage, now: datetime) -> datetime:
    """A time ahead of ours, or before what any platform still delivers, says nothing."""
    at = event.sent_at
    return at if at is not None and now - LATEST_DELIVERY <= at <= now else now


def _afresh(conversation: Conversation, status: str) -> dict[str, Any]:
    return {
        "status": status,
        "epoch": conversation.epoch + 1,
        "context_from_seq": conversation.revision + 1,
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


def build_message(conversation: Conversation, arrival: Arrival, *, seq: int) -> Message:
    """A customer's message as a row that is not saved yet."""
    event = arrival.event
    return Message(
        id=arrival.message_id,
        business_id=conversation.business_id,
        conversation=conversation,
        seq=seq,
        revision=seq,
        type=Message.Type.CUSTOMER,
        epoch=conversation.epoch,
        **said(event),
    )


def said(event: InboundMessage) -> dict[str, Any]:
    """What a message's row holds of an event, whoever said it."""
    return {
        "text": event.text[:MAX_TEXT],
        "content": "start" if event.is_start else event.content.value,
        "attachments": [attachment_form(attachment) for attachment in event.attachments],
        "details": dict(event.details),
        "external_id": event.external_id,
        "said_at": event.sent_at,
    }


def expect_media(channel: Channel, messages: Sequence[Message]) -> None:
    """Rows for the files of these messages, which name them; call it before they are saved."""
    if not any(message.attachments for message in messages):
        return
    if not adapter_for(channel.kind).capabilities.media:
        return
    expected = []
    for message in messages:
        for position, shown in enumerate(message.attachments):
            if shown["ref"]:
                media = MediaFile(
                    business_id=channel.business_id,
                    message_id=message.pk,
                    position=position,
                    kind=shown["kind"],
                    ref=shown["ref"],
                    name=shown["name"][:255],
                    size=shown["size"],
                )
                shown |= {"media_id": media.pk, "state": media.state}
                expected.append(media)
    # Constraints are checked at the commit, so the message may come after its files.
    MediaFile.objects.bulk_create(expected)
    for media in expected:
        media_expected.send(sender=MediaFile, media=media)


def _tell(
    channel: Channel,
    conversation: Conversation,
    thread: Sequence[Arrival],
    messages: Mapping[str, Message],
) -> None:
    conversation_changed.send(sender=Conversation, conversation=conversation)
    wanting = [arrival for arrival in thread if arrival.event.wants_answer]
    if wanting and conversation.status == Conversation.Status.ACTIVE:
        message = messages[wanting[-1].message_id]
        message_received.send(sender=Message, conversation=conversation, message=message)
    ask_for_profile(channel, conversation.customer)


def ask_for_profile(channel: Channel, customer: Customer) -> None:
    if adapter_for(channel.kind).capabilities.profile and profile_is_due(customer):
        profile_wanted.send(sender=Customer, customer=customer)


def preview_of(event: InboundMessage) -> str:
    """The words, or what came instead of them."""
    if event.text and not event.is_start:
        return event.text
    return CONTENT_NAMES.get("start" if event.is_start else event.content, "Message")
