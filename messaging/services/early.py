"""Edits and unsends that come before their message, where POSTs keep no order among each other.

They wait, with their words in `held`, for as long as the platform may still deliver the message.
"""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils import timezone

from core.lib.prepared import insert_missing, prepared_rows
from messaging.adapters.registry import adapter_for
from messaging.models import Channel, Conversation, InboundEvent
from messaging.services.arrivals import Arrival, Received, packed, unpacked
from messaging.services.intake import LATEST_DELIVERY, lock_threads
from messaging.types import EventKind, InboundMessage

TOO_EARLY = Received("waiting", "its message has not come yet")
KINDS = (EventKind.EDIT, EventKind.REDACTED)


def comes_in_any_order(channel: Channel) -> bool:
    return adapter_for(channel.kind).capabilities.many_events_per_post


def hold_threads(channel: Channel, keys: Iterable[str]) -> None:
    """Lock these threads. Who makes one that is missing either was done first or waits for us."""
    wanted = set(keys)
    missing = sorted(wanted - lock_threads(channel, wanted).keys())
    gates = insert_missing([_gate(channel, key) for key in missing])
    Conversation.objects.filter(pk__in=[gate.pk for gate in gates])._raw_delete("default")
    if others := set(missing) - {gate.external_id for gate in gates}:
        lock_threads(channel, others)


def _gate(channel: Channel, key: str) -> Conversation:
    """A row that nobody ever sees: its UNIQUE key makes others wait until our transaction ends."""
    return Conversation(
        business_id=channel.business_id,
        channel=channel,
        customer_id="",
        external_id=key,
        status=Conversation.Status.CLOSED,
    )


def keep_waiting(arrivals: Sequence[Arrival]) -> None:
    if not arrivals:
        return
    due_at = timezone.now() + LATEST_DELIVERY
    rows = [
        InboundEvent(
            pk=arrival.event_id,
            fate=TOO_EARLY.fate,
            reason=TOO_EARLY.reason,
            due_at=due_at,
            held=packed(arrival.event),
        )
        for arrival in arrivals
    ]
    InboundEvent.objects.bulk_update(rows, ["fate", "reason", "due_at", "held"])


@prepared_rows
def _waiting(channel_id: str) -> QuerySet[InboundEvent]:
    # SQLite takes a partial index only where its condition stands in the SQL, not in a parameter.
    rows = InboundEvent.objects.filter(channel_id=channel_id).extra(where=["fate = 'waiting'"])
    return rows.only("id", "held")


def find_waiting(channel: Channel, stored: Iterable[InboundMessage]) -> list[Arrival]:
    """What waited for these messages. Call it with their threads locked."""
    ids = {(event.conversation_key, event.external_id) for event in stored if event.external_id}
    if not ids:
        return []
    waiting = [Arrival(row.pk, unpacked(row.held or {})) for row in _waiting(channel_id=channel.pk)]
    return [
        arrival
        for arrival in waiting
        if arrival.event.kind in KINDS
        and (arrival.event.conversation_key, arrival.event.external_id) in ids
    ]


def end_waiting(arrivals: Iterable[Arrival]) -> None:
    rows = InboundEvent.objects.filter(pk__in=[arrival.event_id for arrival in arrivals])
    rows.update(held=None, due_at=None)
