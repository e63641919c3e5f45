"""Words of our own account: a send of ours, or a person's in the platform's own app.

Which of the two is one pure decision over the thread's chunks. An echo can be faster than the
answer to the send that caused it, so while something is being sent it waits a little.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.lib.clock import database_now
from core.lib.ids import new_id
from messaging.models import Channel, Conversation, InboundEvent, Message, OutboundChunk
from messaging.services.arrivals import Arrival, Fates, Received, note_fates, packed, unpacked
from messaging.services.changes import apply_early, apply_late
from messaging.services.early import end_waiting
from messaging.services.intake import (
    ask_for_profile,
    expect_media,
    lock_threads,
    make_conversations,
    preview_of,
    said,
)
from messaging.services.moves import TAKEN_OVER, given_to_people
from messaging.services.status_log import By, change_status
from messaging.services.thread import (
    add_message,
    add_note,
    advance,
    drop_queued_ai,
    last_words,
    sum_up,
)
from messaging.signals import conversation_changed, event_waits
from messaging.types import EventKind, InboundMessage

GRACE = timedelta(seconds=5)
FIRST_LOOK = 1.0
SAME_TIME = timedelta(seconds=60)
OURS = Received("ignored", "our own send")
KNOWN = Received("ignored", "in the thread already")
APPS = {
    Channel.Kind.INSTAGRAM: "the Instagram app",
    Channel.Kind.MESSENGER: "Facebook Messenger",
    Channel.Kind.TELEGRAM: "Telegram",
}


class Whose(StrEnum):
    """OURS = known; SETTLES = proves a chunk sent; WAITS = can't be told yet; else a PERSON's."""

    OURS = "ours"
    SETTLES = "settles"
    WAITS = "waits"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Sent:
    """One chunk: `begun_at` is when its latest send began, `held` whether its sender lives."""

    state: str
    text: str
    external_id: str
    begun_at: datetime
    held: bool = False


def whose(
    *, external_id: str, text: str, said_at: datetime, chunks: Sequence[Sent], may_wait: bool
) -> tuple[Whose, int]:
    """Whose words an echo is, and the place of the chunk that it is about (-1 = none)."""
    for place, chunk in enumerate(chunks):
        if external_id and chunk.external_id == external_id:
            return (Whose.OURS if chunk.state == "sent" else Whose.SETTLES), place
    if may_wait and any(chunk.state == "sending" and chunk.held for chunk in chunks):
        return Whose.WAITS, -1
    for place, chunk in enumerate(chunks):
        at_that_time = abs(said_at - chunk.begun_at) <= SAME_TIME
        if _is_open(chunk) and at_that_time and _same_words(chunk.text, text):
            return Whose.SETTLES, place
    return Whose.PERSON, -1


def _is_open(chunk: Sent) -> bool:
    """Nobody knows yet which of the platform's messages it became."""
    nameless = chunk.state == "sent" and not chunk.external_id
    return nameless or chunk.state in {"sending", "uncertain"}


def _same_words(ours: str, theirs: str) -> bool:
    return bool(ours.strip()) and ours.split() == theirs.split()


def take_echoes(*, channel: Channel, arrivals: Sequence[Arrival]) -> Fates:
    """Decide each echo, or leave it waiting; most are of sends that are known."""
    if not arrivals:
        return {}
    known = _known_ids(channel, arrivals)
    fates = {
        arrival.event.dedupe_key: OURS
        if (arrival.event.conversation_key, arrival.event.external_id) in known
        else _decide(channel, arrival, may_wait=True)
        for arrival in arrivals
    }
    decided = [a for a in arrivals if fates[a.event.dedupe_key].fate != "waiting"]
    note_fates(decided, fates)
    return fates


def _known_ids(channel: Channel, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    threads = {arrival.event.conversation_key for arrival in arrivals}
    ids = {arrival.event.external_id for arrival in arrivals if arrival.event.external_id}
    sent = OutboundChunk.objects.filter(
        conversation__channel=channel,
        conversation__external_id__in=threads,
        external_id__in=ids,
        state="sent",
    )
    return set(sent.values_list("conversation__external_id", "external_id"))


def decide_waiting(*, event_id: str) -> None:
    """Look again at an event that waits; after its grace it waits no more."""
    with transaction.atomic():
        row = (
            InboundEvent.objects.select_for_update(of=("self",))
            .select_related("channel__business")
            .filter(pk=event_id, fate=InboundEvent.Fate.WAITING)
            .first()
        )
        if row is None:
            return
        arrival = Arrival(row.pk, unpacked(row.held or {}))
        may_wait = row.due_at is not None and row.due_at > timezone.now()
        if arrival.event.kind is EventKind.ECHO:
            received = _decide(row.channel, arrival, may_wait=may_wait, again=True)
        else:
            received = apply_late(row.channel, arrival.event)
        if received.fate != "waiting":
            note_fates([arrival], {arrival.event.dedupe_key: received})
            end_waiting([arrival])
        if arrival.event.kind is EventKind.ECHO and received.fate == "stored":
            apply_early(channel=row.channel, stored=[arrival.event])


def events_due(*, older_than: float, limit: int = 500) -> QuerySet[InboundEvent, str]:
    """Ids of events whose time of waiting is over."""
    due = InboundEvent.objects.filter(
        fate=InboundEvent.Fate.WAITING, due_at__lte=database_now(plus=-older_than)
    )
    return due.order_by("due_at").values_list("pk", flat=True)[:limit]


def _decide(channel: Channel, arrival: Arrival, *, may_wait: bool, again: bool = False) -> Received:
    event = arrival.event
    conversation = lock_threads(channel, [event.conversation_key]).get(event.conversation_key)
    if conversation is None:
        return _store_persons_words(channel, _open_thread(channel, arrival), event)
    chunks = _open_chunks(conversation, event)
    verdict, place = whose(
        external_id=event.external_id,
        text=event.text,
        said_at=event.sent_at or timezone.now(),
        chunks=[_facts(conversation, chunk) for chunk in chunks],
        may_wait=may_wait,
    )
    match verdict:
        case Whose.OURS:
            return OURS
        case Whose.SETTLES:
            return _settle(conversation, chunks[place], event)
        case Whose.WAITS:
            return _wait(arrival, again=again)
    if event.external_id and _is_in_thread(conversation, event.external_id):
        return KNOWN
    return _store_persons_words(channel, conversation, event)


def _open_chunks(conversation: Conversation, event: InboundMessage) -> list[OutboundChunk]:
    nameless = Q(state="sent", external_id="")
    about = Q(state__in=["sending", "uncertain"]) | nameless
    if event.external_id:
        about |= Q(external_id=event.external_id)
    chunks = OutboundChunk.objects.filter(about, conversation=conversation)
    return list(chunks.select_related("message").order_by("seq", "number"))


def _facts(conversation: Conversation, chunk: OutboundChunk) -> Sent:
    until = conversation.lane_until
    held = bool(conversation.lane_token) and until is not None and until > timezone.now()
    begun_at = chunk.begun_at or chunk.sent_at or chunk.created_at
    return Sent(chunk.state, chunk.text, chunk.external_id, begun_at, held)


def _is_in_thread(conversation: Conversation, external_id: str) -> bool:
    return Message.objects.filter(conversation=conversation, external_id=external_id).exists()


def _wait(arrival: Arrival, *, again: bool) -> Received:
    """A first look after a second, when most answers are there; the last one after the grace."""
    if not again:
        InboundEvent.objects.filter(pk=arrival.event_id).update(
            fate=InboundEvent.Fate.WAITING,
            due_at=timezone.now() + GRACE,
            held=packed(arrival.event),
        )
    countdown = GRACE.total_seconds() if again else FIRST_LOOK
    event_waits.send(sender=InboundEvent, event_id=arrival.event_id, countdown=countdown)
    return Received("waiting", "a send of ours is not settled yet")


def _settle(conversation: Conversation, chunk: OutboundChunk, event: InboundMessage) -> Received:
    """The platform shows the message, so it was sent, whatever we knew."""
    OutboundChunk.objects.filter(pk=chunk.pk).update(
        state="sent",
        external_id=event.external_id,
        sent_at=event.sent_at or timezone.now(),
        failure=None,
    )
    calm = conversation.needs_a_look and not _is_troubled(conversation, chunk)
    changes: dict[str, Any] = {"needs_a_look": False} if calm else {}
    advanced = advance(conversation, **changes)
    assert advanced is not None
    sum_up(advanced, chunk.message)
    conversation_changed.send(sender=Conversation, conversation=advanced)
    return Received("stored", "shows that our send arrived", chunk.message)


def _is_troubled(conversation: Conversation, settled: OutboundChunk) -> bool:
    """Whether anything else than this chunk asks for a look."""
    if conversation.handover_reason:
        return True
    others = OutboundChunk.objects.filter(
        conversation=conversation, state__in=["uncertain", "failed"]
    )
    return others.exclude(pk=settled.pk).exists()


def _open_thread(channel: Channel, arrival: Arrival) -> Conversation:
    """A person wrote first, to somebody who has not written yet."""
    key = arrival.event.conversation_key
    people = Conversation.Status.SUPPORT_ACTIVE
    made = make_conversations(channel, {key: [arrival]}, now=timezone.now(), status=people)
    return made.get(key) or lock_threads(channel, [key])[key]


def _store_persons_words(
    channel: Channel, conversation: Conversation, event: InboundMessage
) -> Received:
    """Somebody answered in the platform's own app: shown as sent, and the AI keeps silent."""
    changes_hands = conversation.status != Conversation.Status.SUPPORT_ACTIVE
    advanced = change_status(
        conversation,
        by=By.PERSON,
        reason="answered",
        steps=2 if changes_hands else 1,
        **given_to_people(),
        unread=0,
        needs_a_look=False,
        first_unanswered_at=None,
        **last_words(Message.Type.SUPPORT, preview_of(event)),
    )
    assert advanced is not None
    drop_queued_ai(advanced, **TAKEN_OVER)
    message = _add_words(channel, advanced, event, seq=advanced.revision - changes_hands)
    if changes_hands:
        where = APPS.get(Channel.Kind(channel.kind), channel.get_kind_display())
        add_note(advanced, f"Answered in {where}")
    conversation_changed.send(sender=Conversation, conversation=advanced)
    ask_for_profile(channel, advanced.customer)
    return Received("stored", "written in the platform's own app", message)


def _add_words(
    channel: Channel, conversation: Conversation, event: InboundMessage, *, seq: int
) -> Message:
    fields: dict[str, Any] = said(event)
    message = Message(pk=new_id(), attachments=fields["attachments"])
    expect_media(channel, [message])
    return add_message(
        conversation,
        id=message.pk,
        type=Message.Type.SUPPORT,
        seq=seq,
        delivery=Message.Delivery.SENT,
        **fields,
    )
