"""Erasing a person: every row and file that holds their words or their names."""

import re
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import BinaryField, BooleanField, Func, Q, QuerySet, Value

from messaging.models import (
    Conversation,
    Customer,
    InboundEvent,
    MediaFile,
    Message,
    OutboundChunk,
    StatusChange,
    WebhookDelivery,
)
from messaging.services.idle import forget_typing
from messaging.services.personal import registered_parts

BATCH = 500
SHORTEST_NAME = 4


class Holds(Func):
    """Whether bytes hold other bytes: `Holds(Value(needle), "column")`."""

    output_field = BooleanField()
    template = "(POSITION(%(expressions)s) > 0)"
    arg_joiner = " IN "

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        turned = self.copy()
        turned.set_source_expressions(self.get_source_expressions()[::-1])
        template = "(INSTR(%(expressions)s) > 0)"
        return turned.as_sql(compiler, connection, template=template, arg_joiner=", ", **context)


def erase_customer(*, customer: Customer, dry_run: bool = False) -> dict[str, int]:
    """Erase all that is held of the person, or count it; rows by what they are.

    The ledger's calls and the counted episodes stay, without a link to anybody.
    """
    with transaction.atomic():
        ids = _locked_conversations(customer)
        counts = _erase_rows(customer, ids, dry_run)
        counts["events"], counts["events_blanked"] = _erase_events(customer, ids, dry_run)
        if not dry_run:
            _erase_messages(ids)
            Conversation.objects.filter(pk__in=ids).delete()
            Customer.objects.filter(pk=customer.pk).delete()
            transaction.on_commit(lambda: forget_typing(ids), robust=True)
        return {"customers": 1, "conversations": len(ids)} | counts


def _locked_conversations(customer: Customer) -> list[str]:
    rows = Conversation.objects.select_for_update().filter(customer=customer)
    return list(rows.order_by("channel_id", "external_id").values_list("pk", flat=True))


def _erase_rows(customer: Customer, ids: Collection[str], dry_run: bool) -> dict[str, int]:
    """What goes by itself with the conversations is only counted here."""
    by_cascade: dict[str, QuerySet[Any]] = {
        "messages": Message.objects.filter(conversation__in=ids),
        "files": MediaFile.objects.filter(message__conversation__in=ids),
        "sends": OutboundChunk.objects.filter(conversation__in=ids),
        "status_changes": StatusChange.objects.filter(conversation__in=ids),
    }
    parts = {part.name: part for part in registered_parts()}
    own = {name: part.rows(ids) for name, part in parts.items()}
    own["webhook_deliveries"] = _deliveries_about(customer, ids)
    counts = {name: rows.count() for name, rows in (by_cascade | own).items()}
    if not dry_run:
        for name, rows in own.items():
            erase = parts[name].erase if name in parts else None
            if erase is None:
                rows.delete()
            else:
                erase(rows)
    return counts


def _deliveries_about(customer: Customer, ids: Collection[str]) -> QuerySet[WebhookDelivery]:
    named = Q(body__contains=f'"{customer.pk}"')
    for pk in ids:
        named |= Q(body__contains=f'"{pk}"')
    return WebhookDelivery.objects.for_business(customer.business_id).filter(named)


def _erase_messages(ids: Collection[str]) -> None:
    """In portions: what hangs on a message is read before it is deleted."""
    rows = Message.objects.filter(conversation__in=ids)
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        Message.objects.filter(pk__in=batch).delete()


def _erase_events(customer: Customer, ids: Collection[str], dry_run: bool) -> tuple[int, int]:
    """Events about them are deleted; of a POST that was about others too, the bytes are."""
    about = InboundEvent.objects.filter(message__conversation__in=ids)
    theirs = set(about.values_list("pk", flat=True))
    others = set[str]()
    for event in _suspects(customer, ids).exclude(pk__in=theirs).iterator(chunk_size=BATCH):
        if _names(event, _needles(customer, ids)):
            (others if event.message_id else theirs).add(event.pk)
    if not dry_run:
        for some in _portions(theirs):
            InboundEvent.objects.filter(pk__in=some).delete()
        for some in _portions(others):
            InboundEvent.objects.filter(pk__in=some).update(raw=b"", held=None)
    return len(theirs), len(others)


def _needles(customer: Customer, ids: Collection[str]) -> list[str]:
    """By what a platform's payload names the person."""
    keys = Conversation.objects.filter(pk__in=ids).values_list("external_id", flat=True)
    names = [customer.username] if len(customer.username) >= SHORTEST_NAME else []
    return [*{customer.external_id, *keys, *names} - {""}]


def _suspects(customer: Customer, ids: Collection[str]) -> QuerySet[InboundEvent]:
    mentions = Q(held__isnull=False)
    for needle in _needles(customer, ids):
        bytes_of = Value(needle.encode(), output_field=BinaryField())
        mentions |= Q(dedupe_key__contains=needle) | Q(Holds(bytes_of, "raw"))
    return InboundEvent.objects.filter(mentions, channel=customer.channel_id).order_by("pk")


def _names(event: InboundEvent, needles: Collection[str]) -> bool:
    """As a whole word: the id 42 is not named by 1428."""
    held = f"{event.dedupe_key} {event.held or ''}".encode()
    text = held + b" " + bytes(event.raw or b"")
    return any(
        re.search(rb"(?<![0-9A-Za-z])" + re.escape(needle.encode()) + rb"(?![0-9A-Za-z])", text)
        for needle in needles
    )


def _portions(pks: Collection[str]) -> list[list[str]]:
    ordered = sorted(pks)
    return [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
