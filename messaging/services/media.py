"""Files that came with messages: fetched once, checked, kept privately, and deleted."""

from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from core.lib.clock import database_now
from core.lib.pool import release_connection
from core.lib.returning import update_returning
from messaging.adapters.base import FileRefused
from messaging.adapters.registry import adapter_for
from messaging.media.kinds import find_mime, heard_as
from messaging.media.names import clean_name
from messaging.media.sizes import picture_size
from messaging.media.store import delete_file, place_of, write_file
from messaging.models import Conversation, MediaFile, Message
from messaging.services.thread import advance
from messaging.signals import message_changed
from messaging.types import Attachment, Content, FetchedFile

log = structlog.get_logger(__name__)

LEASE_SECONDS = 120.0
"""How long one try may take before another begins."""
PAUSES = (5.0, 30.0, 120.0, 600.0)
MAX_ATTEMPTS = len(PAUSES) + 1
LONGEST_PAUSE = 3600.0
MAX_FILES = 10
"""Of one message; no platform sends more at once."""

MIRRORED = ("state", "mime", "size", "name", "reason")

State = MediaFile.State


def fetch_media(*, media_id: str) -> None:
    """Fetch a waiting file, unless another worker does or it is not due yet."""
    media = _claim(media_id)
    if media is None:
        return
    try:
        _check_worth(media)
        fetched = _ask(media)
        _check_size(len(fetched.content))
    except FileRefused as refused:
        _put_off(media, refused)
        return
    place = place_of(media.business_id, media.pk)
    write_file(place, fetched.content)
    facts = _facts(media, fetched, place)
    if not _settle(media, facts, size=picture_size(fetched.content, facts["mime"])):
        _drop_unwanted(media, place)


def media_due(*, older_than: float) -> Iterable[str]:
    """Ids of files to fetch that nobody is fetching."""
    due = MediaFile.objects.filter(state=State.WAITING).annotate(
        at=Coalesce("due_at", "created_at")
    )
    found = due.filter(at__lte=database_now(plus=-older_than)).order_by("at")
    return found.values_list("pk", flat=True)[:200]


def delete_media(*, message_ids: Collection[str]) -> int:
    """Delete the files of these messages for good; how many there were. The disk follows."""
    found = list(MediaFile.objects.filter(message_id__in=message_ids).exclude(state=State.DELETED))
    ours = MediaFile.objects.filter(pk__in=[media.pk for media in found])
    ours.update(state=State.DELETED, ref="", name="", file="", reason="", due_at=None)
    for media in found:
        place = place_of(media.business_id, media.pk)
        transaction.on_commit(partial(delete_file, place), robust=True)
    return len(found)


def _claim(media_id: str) -> MediaFile | None:
    """One conditional UPDATE, so that of two workers one gets the row, and for a while only."""
    due = Q(due_at__isnull=True) | Q(due_at__lte=database_now())
    rows = MediaFile.objects.filter(due, pk=media_id, state=State.WAITING)
    return update_returning(
        rows, attempts=F("attempts") + 1, due_at=database_now(plus=LEASE_SECONDS)
    )


def _check_worth(media: MediaFile) -> None:
    if media.position >= MAX_FILES:
        raise FileRefused(f"Only the first {MAX_FILES} files of a message are kept.")
    if not media.ref:
        raise FileRefused("The platform gave no way to fetch this file.")
    if media.attempts > MAX_ATTEMPTS:
        raise FileRefused("Fetching this file failed too often.")


def _ask(media: MediaFile) -> FetchedFile:
    message = Message.objects.select_related("conversation__channel").get(pk=media.message_id)
    channel = message.conversation.channel
    account, attachment = channel.account(), _attachment(media, message)
    release_connection()
    return adapter_for(channel.kind).fetch_media(
        account, attachment, max_bytes=settings.MEDIA_MAX_BYTES
    )


def _attachment(media: MediaFile, message: Message) -> Attachment:
    """As the adapter made it; the row alone would lack the platform's details."""
    shown = _shown_of(message, media.position)
    kind = Content(media.kind) if media.kind in list(Content) else Content.OTHER
    return Attachment(
        kind=kind,
        ref=media.ref,
        name=media.name,
        mime=str(shown.get("mime") or ""),
        size=shown.get("size"),
        details=shown.get("details") or {},
    )


def _shown_of(message: Message, position: int) -> dict[str, Any]:
    shown = message.attachments[position] if position < len(message.attachments) else {}
    return shown if isinstance(shown, dict) else {}


def _check_size(size: int) -> None:
    if size == 0:
        raise FileRefused("The file is empty.")
    if size > settings.MEDIA_MAX_BYTES:
        megabytes = settings.MEDIA_MAX_BYTES // (1024 * 1024)
        raise FileRefused(f"The file is larger than {megabytes} MB.")


def _facts(media: MediaFile, fetched: FetchedFile, place: str) -> dict[str, Any]:
    return {
        "state": State.STORED,
        "mime": heard_as(find_mime(fetched.content), media.kind),
        "size": len(fetched.content),
        "name": clean_name(media.name or fetched.name),
        "file": place,
        "due_at": None,
    }


def _put_off(media: MediaFile, refused: FileRefused) -> None:
    """Ask again later while that may help; else say why there is no file."""
    log.info("file_refused", media_id=media.pk, attempt=media.attempts, permanent=refused.permanent)
    if refused.permanent or media.attempts >= MAX_ATTEMPTS:
        facts = {"state": State.REFUSED, "reason": refused.detail[:200], "due_at": None}
        _settle(media, facts)
        return
    asked = min(refused.retry_after or 0.0, LONGEST_PAUSE)
    pause = max(asked, PAUSES[media.attempts - 1])
    _held(media).update(due_at=database_now(plus=pause))


def _held(media: MediaFile) -> Any:
    """The row while this try is the latest one."""
    return MediaFile.objects.filter(pk=media.pk, state=State.WAITING, attempts=media.attempts)


def _settle(
    media: MediaFile, facts: Mapping[str, Any], *, size: tuple[int, int] | None = None
) -> bool:
    """Write what became of it into the row and into the message that shows it, both or neither."""
    with transaction.atomic():
        if not _held(media).update(**facts):
            return False
        related = ("channel", "customer")
        rows = Conversation.objects.select_related(*related).filter(messages=media.message_id)
        # Locks it, so that two files of one message are mirrored one after the other.
        conversation = advance(rows.get())
        assert conversation is not None
        _mirror(media, conversation, facts, size)
        return True


def _drop_unwanted(media: MediaFile, place: str) -> None:
    """Taken back while it was fetched. A slow try leaves alone what a later one stored."""
    wanted = MediaFile.objects.filter(pk=media.pk, state__in=[State.WAITING, State.STORED])
    if not wanted.exists():
        delete_file(place)


def _mirror(
    media: MediaFile,
    conversation: Conversation,
    facts: Mapping[str, Any],
    size: tuple[int, int] | None,
) -> None:
    message = Message.objects.get(pk=media.message_id)
    mirrored = {
        key: facts[key] for key in ("state", "mime", "size", "name", "reason") if key in facts
    }
    shown = list(message.attachments)
    if media.position < len(shown):
        known = shown[media.position]
        if size:
            mirrored["details"] = (known.get("details") or {}) | {
                "width": size[0],
                "height": size[1],
            }
        shown[media.position] = {**known, "media_id": media.pk, **mirrored}
    message.attachments, message.revision = shown, conversation.revision
    message.save(update_fields=["attachments", "revision"])
    message_changed.send(sender=Message, conversation=conversation, message=message)
