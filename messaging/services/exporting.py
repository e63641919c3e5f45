"""Everything that is held of a person, in a form that they can read."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from messaging.api.forms import customer_detail_form
from messaging.media.store import place_of, read_file
from messaging.models import Conversation, Customer, InboundEvent, MediaFile, Message
from messaging.presentation import conversation_form, message_form
from messaging.services.personal import registered_parts

Form = dict[str, Any]


def export_of(customer: Customer) -> Form:
    """Profile, conversations with all messages, files as names and sizes, and the AI's records."""
    rows = Conversation.objects.filter(customer=customer).select_related("channel", "customer")
    conversations = list(rows.order_by("created_at", "pk"))
    ids = [row.pk for row in conversations]
    parts = [part for part in registered_parts() if part.form is not None]
    return {
        "customer": customer_detail_form(customer)
        | {"profile_asked_at": customer.profile_at, "unreachable_since": customer.unreachable_at},
        "conversations": [_conversation(row) for row in conversations],
        "files": [_file(media) for media in _files(ids)],
        "deliveries": [_event(event) for event in _events(ids)],
        **{part.name: [part.form(row) for row in part.rows(ids)] for part in parts if part.form},
    }


def write_export(customer: Customer, path: Path) -> int:
    """JSON, or for a name that ends in .zip the same with the files in it; how many files."""
    text = as_text(export_of(customer))
    if path.suffix != ".zip":
        path.write_text(text, encoding="utf-8")
        return 0
    ids = list(Conversation.objects.filter(customer=customer).values_list("pk", flat=True))
    written = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customer.json", text)
        for media in _files(ids):
            if media.state == MediaFile.State.STORED:
                with read_file(place_of(media.business_id, media.pk)) as content:
                    archive.writestr(_name(media), content.read())
                written += 1
    return written


def as_text(form: Form) -> str:
    return json.dumps(form, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def _conversation(row: Conversation) -> Form:
    said = Message.objects.filter(conversation=row).order_by("seq")
    return conversation_form(row) | {
        "external_id": row.external_id,
        "handover_summary": row.handover_summary,
        "suggestion": row.suggestion,
        "messages": [_message(message) for message in said.iterator(chunk_size=500)],
        "status_changes": [
            {"at": c.at, "before": c.before, "after": c.after, "by": c.by, "reason": c.reason}
            for c in row.status_changes.order_by("seq")
        ],
    }


def _message(message: Message) -> Form:
    names = ("details", "reactions", "external_id", "said_at", "edited_at", "redacted_at")
    return message_form(message) | {name: getattr(message, name) for name in names}


def _files(ids: list[str]) -> Iterator[MediaFile]:
    rows = MediaFile.objects.filter(message__conversation__in=ids)
    return rows.order_by("created_at", "pk").iterator(chunk_size=500)


def _file(media: MediaFile) -> Form:
    names = ("id", "message_id", "kind", "name", "mime", "size", "state", "created_at")
    stored = media.state == MediaFile.State.STORED
    form = {name: getattr(media, name) for name in names}
    return form | {"in_archive": _name(media) if stored else None}


def _name(media: MediaFile) -> str:
    return f"files/{media.pk}-{Path(media.name).name or media.kind}"


def _events(ids: list[str]) -> Iterator[InboundEvent]:
    rows = InboundEvent.objects.filter(message__conversation__in=ids)
    return rows.order_by("received_at", "pk").iterator(chunk_size=500)


def _event(event: InboundEvent) -> Form:
    """A platform's payload may tell of others too, so that only its time and size are given."""
    return {"received_at": event.received_at, "fate": event.fate, "bytes": len(event.raw or b"")}
