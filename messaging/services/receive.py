"""Taking in what platforms deliver: one short transaction per account of a POST."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.db import DataError, transaction
from django.utils import timezone

from core.lib.ids import new_id
from core.lib.prepared import insert_missing
from messaging.models import Channel, InboundEvent
from messaging.services.arrivals import Arrival, Fates, Received
from messaging.services.changes import CHANGES, SETTINGS, apply_changes, apply_early
from messaging.services.echoes import take_echoes
from messaging.services.intake import store_messages
from messaging.services.presses import settle_presses
from messaging.signals import button_pressed
from messaging.types import EventKind, InboundMessage

__all__ = ["Received", "quarantine_payload", "receive_events"]

log = structlog.get_logger(__name__)

LAST_INBOUND_STEP = timedelta(seconds=30)
SEEN_BEFORE = Received("duplicate", "seen before")
UNREADABLE = "unreadable:"
NOT_STORABLE = "the database does not take these values"


def receive_events(
    *, channel: Channel, events: Sequence[InboundMessage], raw: bytes
) -> list[Received]:
    """Store the events of one POST; those seen before change nothing.

    An event's own `raw` is kept instead of the POST's. What the database refuses is put aside.
    """
    once = {event.dedupe_key: event for event in events}
    fates = _store(channel, list(once.values()), raw)
    return [fates.get(event.dedupe_key, SEEN_BEFORE) for event in events]


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


def _store(channel: Channel, events: Sequence[InboundMessage], raw: bytes) -> Fates:
    try:
        with transaction.atomic():
            return _take_in(channel, events, raw)
    except (DataError, ValueError, OverflowError):
        # What drivers raise for a value that the database can't hold, each in its own way.
        log.exception("events_not_storable", channel_id=channel.pk, count=len(events))
    if len(events) == 1:
        raw = events[0].raw or raw
        aside = quarantine_payload(channel=channel, raw=raw, reason=NOT_STORABLE)
        return {events[0].dedupe_key: aside}
    fates = Fates()
    for event in events:
        fates |= _store(channel, [event], raw)
    return fates


def _take_in(channel: Channel, events: Sequence[InboundMessage], raw: bytes) -> Fates:
    """First what decides where messages belong, then messages, then what is about them."""
    arrivals = _record_events(channel, events, raw)
    fates = apply_changes(channel=channel, arrivals=_of(set(SETTINGS), arrivals))
    if messages := _of({EventKind.MESSAGE}, arrivals):
        stored = store_messages(channel=channel, arrivals=settle_presses(channel, messages))
        fates |= {
            arrival.event.dedupe_key: Received("stored", message=stored[arrival.message_id])
            for arrival in messages
        }
    fates |= take_echoes(channel=channel, arrivals=_of({EventKind.ECHO}, arrivals))
    spoken = [a.event for a in _of({EventKind.MESSAGE, EventKind.ECHO}, arrivals)]
    kept = [event for event in spoken if fates[event.dedupe_key].fate == "stored"]
    apply_early(channel=channel, stored=kept)
    fates |= apply_changes(channel=channel, arrivals=_of(CHANGES, arrivals))
    for arrival in _of({EventKind.IGNORED}, arrivals):
        fates[arrival.event.dedupe_key] = Received(_first_fate(arrival.event), arrival.event.reason)
    for arrival in arrivals:
        if arrival.event.callback:
            button_pressed.send(
                sender=InboundEvent, channel=channel, callback=arrival.event.callback
            )
    _note_inbound(channel)
    return fates


def _of(kinds: set[EventKind], arrivals: list[Arrival]) -> list[Arrival]:
    return [arrival for arrival in arrivals if arrival.event.kind in kinds]


def _record_events(channel: Channel, events: Sequence[InboundMessage], raw: bytes) -> list[Arrival]:
    """Insert the event rows; those that were not there before, in the order of the platform's
    own times."""
    rows = {
        event.dedupe_key: InboundEvent(
            business_id=channel.business_id,
            channel=channel,
            dedupe_key=event.dedupe_key,
            fate=_first_fate(event),
            reason=event.reason[:200],
            # Constraints are checked at the commit, so the message may come after its event.
            message_id=new_id() if event.kind is EventKind.MESSAGE else None,
            raw=event.raw or raw,
        )
        for event in events
    }
    # Sorted, so that two deliveries of the same never wait for each other's rows crosswise.
    fresh = {row.dedupe_key for row in insert_missing([rows[key] for key in sorted(rows)])}
    now = timezone.now()
    return [
        Arrival(rows[event.dedupe_key].pk, event, rows[event.dedupe_key].message_id or "")
        for event in sorted(events, key=lambda event: event.sent_at or now)
        if event.dedupe_key in fresh
    ]


def _first_fate(event: InboundMessage) -> str:
    if event.kind is not EventKind.IGNORED:
        return "stored"
    return "quarantined" if event.reason.startswith(UNREADABLE) else "ignored"


def _note_inbound(channel: Channel) -> None:
    now = timezone.now()
    if channel.last_inbound_at is None or now - channel.last_inbound_at > LAST_INBOUND_STEP:
        Channel.objects.filter(pk=channel.pk).update(last_inbound_at=now)
        channel.last_inbound_at = now
