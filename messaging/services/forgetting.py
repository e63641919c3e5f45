"""What a business no longer keeps: old messages, files and what repeats their words.

Each set of rows is described once: a dry run counts it, the real run deletes it in portions. What
waits to be sent, and what a customer still waits for an answer to, is never old. Revisions stay as
they are: nothing was said, and counted figures stay.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from messaging.media.store import delete_file, place_of
from messaging.models import (
    Conversation,
    Customer,
    InboundEvent,
    MediaFile,
    Message,
    StatusChange,
    WebhookDelivery,
)

BATCH = 500
KEPT_ALL = datetime(1970, 1, 1, tzinfo=UTC)
Rows = QuerySet[Any]
Step = Callable[[Sequence[str]], int]
ACTIVE, CUSTOMER = Conversation.Status.ACTIVE, Message.Type.CUSTOMER
STORED = MediaFile.State.STORED
TO_BE_SENT = Q(delivery__in=[Message.Delivery.QUEUED, Message.Delivery.SENDING])
WAITS = Q(first_unanswered_at__isnull=False) | Q(
    status=ACTIVE, answered_seq__lt=F("last_customer_seq")
)
NO_WORDS: dict[str, Any] = {
    "last_text": "",
    "last_type": "",
    "suggestion": None,
    "handover_summary": "",
}
GONE: dict[str, Any] = {
    "state": MediaFile.State.DELETED,
    "ref": "",
    "name": "",
    "file": "",
    "reason": "",
    "due_at": None,
}


@dataclass(frozen=True, slots=True)
class Old:
    """The rows of one business that are older than it keeps them (`KEPT_ALL` = none)."""

    business_id: str
    messages_before: datetime = KEPT_ALL
    media_before: datetime = KEPT_ALL

    def messages(self) -> Rows:
        waiting = Q(conversation__first_unanswered_at__isnull=False) & Q(
            created_at__gte=F("conversation__first_unanswered_at")
        )
        unanswered = Q(conversation__status=ACTIVE, seq__gt=F("conversation__answered_seq"))
        rows = _before(Message, self.business_id, "created_at", self.messages_before)
        return rows.filter(~TO_BE_SENT, ~(Q(type=CUSTOMER) & (waiting | unanswered)))

    def files(self) -> Rows:
        """Stored ones that go by their own age, or with their message."""
        by_age = _before(MediaFile, self.business_id, "created_at", self.media_before)
        found = Q(pk__in=by_age.values("pk")) | Q(message__in=self.messages().values("pk"))
        rows = MediaFile.objects.for_business(self.business_id)
        return rows.filter(found, state=STORED)

    def conversations(self) -> Rows:
        """Of which no message is left, and in which nothing happened for as long."""
        rows = _before(Conversation, self.business_id, "updated_at", self.messages_before)
        return rows.filter(
            ~WAITS, ~Exists(self._young()), created_at__lt=self.messages_before, claim_token=""
        )

    def quiet(self) -> Rows:
        """Those that stay, but have only old words."""
        spoken = self._young().exclude(type=Message.Type.SYSTEM)
        worded = ~Q(last_text="") | ~Q(handover_summary="") | Q(suggestion__isnull=False)
        rows = _before(Conversation, self.business_id, "created_at", self.messages_before)
        return rows.filter(
            ~WAITS, worded, ~Exists(spoken), ~Q(pk__in=self.conversations().values("pk"))
        )

    def summaries(self) -> Rows:
        """Of old hand-overs, in conversations that go on."""
        lately = StatusChange.objects.filter(
            conversation=OuterRef("pk"), at__gte=self.messages_before
        )
        rows = _before(Conversation, self.business_id, "created_at", self.messages_before)
        alone = Q(pk__in=self.conversations().values("pk")) | Q(pk__in=self.quiet().values("pk"))
        return rows.filter(~WAITS, ~Exists(lately), ~alone).exclude(handover_summary="")

    def customers(self) -> Rows:
        staying = Conversation.objects.filter(customer=OuterRef("pk")).exclude(
            pk__in=self.conversations().values("pk")
        )
        rows = _before(Customer, self.business_id, "created_at", self.messages_before)
        return rows.filter(~Exists(staying))

    def unreadable(self) -> Rows:
        rows = _before(InboundEvent, self.business_id, "received_at", self.messages_before)
        return rows.filter(fate=InboundEvent.Fate.QUARANTINED)

    def events(self) -> Rows:
        """Their rows stay for as long as a platform may deliver again; their bytes don't."""
        rows = _before(InboundEvent, self.business_id, "received_at", self.messages_before)
        told = ~Q(raw=b"") | Q(held__isnull=False)
        undecided = (InboundEvent.Fate.QUARANTINED, InboundEvent.Fate.WAITING)
        return rows.filter(told).exclude(fate__in=undecided)

    def deliveries(self) -> Rows:
        rows = _before(WebhookDelivery, self.business_id, "created_at", self.messages_before)
        return rows.exclude(state=WebhookDelivery.State.WAITING)

    def _young(self) -> QuerySet[Message]:
        young = TO_BE_SENT | Q(created_at__gte=self.messages_before)
        return Message.objects.filter(young, conversation=OuterRef("pk"))


def _before(model: Any, business_id: str, field: str, before: datetime) -> Rows:
    rows: Rows = model.objects.for_business(business_id).filter(**{f"{field}__lt": before})
    return rows


def count_old(old: Old) -> dict[str, int]:
    """What `delete_old` would do."""
    return {name: getattr(old, name)().count() for name in STEPS}


def delete_old(old: Old, *, progress: Callable[[int], None]) -> dict[str, int]:
    """In portions, each its own transaction, so that it can be stopped and begun again."""
    counts = dict.fromkeys(STEPS, 0)
    for name, step in STEPS.items():
        rows = partial(getattr(old, name))
        for batch in _batches(rows):
            with transaction.atomic():
                counts[name] += step(_still(rows, batch))
            progress(sum(counts.values()))
    return counts


def _batches(rows: Callable[[], Rows]) -> Iterable[list[str]]:
    after = ""
    while batch := list(
        rows().filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        yield batch
        after = batch[-1]


def _still(rows: Callable[[], Rows], pks: Sequence[str]) -> list[str]:
    """Under their locks, so that nobody writes to a conversation while it goes."""
    model = rows().model
    list(model.objects.select_for_update().filter(pk__in=pks).order_by("pk").values_list("pk"))
    return list(rows().filter(pk__in=pks).values_list("pk", flat=True))


def delete_rows(model: Any) -> Step:
    def delete(pks: Sequence[str]) -> int:
        model.objects.filter(pk__in=pks).delete()
        return len(pks)

    return delete


def _change_rows(model: Any, **changes: Any) -> Step:
    def change(pks: Sequence[str]) -> int:
        model.objects.filter(pk__in=pks).update(**changes)
        return len(pks)

    return change


def _delete_files(pks: Sequence[str]) -> int:
    """The thread says that a file is gone; the disk follows with the commit."""
    files = list(MediaFile.objects.filter(pk__in=pks).select_related("message"))
    messages = {media.message_id: media.message for media in files}
    for media in files:
        shown = messages[media.message_id].attachments
        if media.position < len(shown):
            shown[media.position] |= {"state": MediaFile.State.DELETED, "name": "", "reason": ""}
        place = place_of(media.business_id, media.pk)
        transaction.on_commit(partial(delete_file, place), robust=True)
    Message.objects.bulk_update(messages.values(), ["attachments"])
    MediaFile.objects.filter(pk__in=pks).update(**GONE)
    return len(pks)


STEPS: dict[str, Step] = {
    "files": _delete_files,
    "messages": delete_rows(Message),
    "summaries": _change_rows(Conversation, handover_summary=""),
    "quiet": _change_rows(Conversation, **NO_WORDS),
    "conversations": delete_rows(Conversation),
    "customers": delete_rows(Customer),
    "unreadable": delete_rows(InboundEvent),
    "events": _change_rows(InboundEvent, raw=b"", held=None),
    "deliveries": delete_rows(WebhookDelivery),
}
