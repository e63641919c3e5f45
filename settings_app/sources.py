"""Sources: texts, files and web addresses that answers may be made from."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from accounts.models import Business, User
from core.lib.errors import Conflict, DomainError, NotFound
from core.lib.http import OutboundRefused, check_url
from settings_app import drafts
from settings_app.contents import keep_content, make_live
from settings_app.files import drop_file
from settings_app.jobs import check_upload, start_reading
from settings_app.models import KnowledgeJob, KnowledgeKind, KnowledgeSource
from settings_app.reading.clean import file_name, one_line, visible
from settings_app.reading.shapes import MAX_CHARACTERS, Document
from settings_app.versions import State, changing, source_state
from settings_app.web.addresses import plain_address

Kind = KnowledgeSource.Kind
SourceState = KnowledgeSource.State
MAX_TITLE = 200
MAX_PAGES = 500
MAX_DEPTH = 10
MAX_HOURS = 24 * 365
DUE_AT_ONCE = 10
MAX_SOURCES = 500
SPOKEN = frozenset({"title", "language", "is_active"})
"""What a draft may hold of a source besides its content; the rest says how it is read."""
READ_AS = frozenset({"url", "follow_links", "max_pages", "refresh_hours", "publish_at_once"})
MISSING = "There is no knowledge source with this id."


def add_text(
    *,
    business: Business,
    title: str,
    text: str,
    language: str = "",
    is_active: bool = True,
    as_draft: bool = False,
    user: User | None = None,
    via: str = "",
) -> KnowledgeSource:
    """A source that holds this text; it counts at once, or once the draft is published."""
    document = _document(title, text)
    with changing(business.pk, user=user, via=via, summary=f"“{document.title}” was added"):
        _check_room(business)
        source = KnowledgeSource.objects.create(
            business=business,
            kind=Kind.TEXT,
            title=document.title,
            language=language,
            is_active=is_active,
            state=SourceState.READY,
            checked_at=timezone.now(),
        )
        _keep(source, document, as_draft=as_draft, user=user, via=via)
    return source


def add_file(
    *,
    business: Business,
    upload: "File[bytes]",
    title: str = "",
    language: str = "",
    is_active: bool = True,
    as_draft: bool = False,
    user: User | None = None,
) -> KnowledgeSource:
    """A source that holds what stands in a file, which is read in the background."""
    check_upload(business, upload)
    name = file_name(upload.name or "")[:255] or "file"
    with transaction.atomic():
        _check_room(business)
        source = KnowledgeSource.objects.create(
            business=business,
            kind=Kind.FILE,
            title=_title(title or name.rpartition(".")[0] or name),
            file_name=name,
            language=language,
            is_active=is_active,
        )
        start_reading(source=source, user=user, upload=upload, as_draft=as_draft)
    return source


def add_web(
    *,
    business: Business,
    url: str,
    title: str = "",
    as_draft: bool = False,
    user: User | None = None,
    **options: Any,
) -> KnowledgeSource:
    """A source that holds pages of a site, read in the background and again when they are due.

    `options` are fields of the source. Asks where the address leads, so not within a transaction.
    """
    return store_web(
        business=business,
        address=checked_address(url),
        title=title,
        as_draft=as_draft,
        user=user,
        **options,
    )


def store_web(
    *,
    business: Business,
    address: str,
    title: str = "",
    as_draft: bool = False,
    user: User | None = None,
    **options: Any,
) -> KnowledgeSource:
    """`add_web` with an address that was checked."""
    check_upload(business, None)
    with transaction.atomic():
        _check_room(business)
        source = KnowledgeSource.objects.create(
            business=business,
            kind=Kind.WEB,
            title=_title(title or _host(address)),
            url=address,
            **options,
        )
        start_reading(source=source, user=user, as_draft=as_draft)
    return source


def checked_address(url: str) -> str:
    """The address as it is asked for. Raises DomainError when it may not be called."""
    typed = url.strip()
    address = plain_address(typed if "://" in typed else f"https://{typed}")
    if address is None:
        raise _refused("url", "This is not a web address that can be read.")
    try:
        check_url(address, allow_private=settings.TRUST_PRIVATE_ENDPOINTS)
    except OutboundRefused as refused:
        raise _refused("url", refused.detail) from refused
    return address


def change_source(
    *,
    source: KnowledgeSource,
    changes: Mapping[str, Any],
    as_draft: bool = False,
    user: User | None = None,
    via: str = "",
) -> KnowledgeSource:
    """Set some fields, or the `text` of a text; another address is read at once.

    How a site is read never waits in the draft. Asks where a new address leads.
    """
    values = dict(changes)
    _refuse_others(source, values)
    if "url" in values:
        values["url"] = checked_address(values["url"])
    return store_changes(source=source, changes=values, as_draft=as_draft, user=user, via=via)


def store_changes(
    *,
    source: KnowledgeSource,
    changes: Mapping[str, Any],
    as_draft: bool = False,
    user: User | None = None,
    via: str = "",
) -> KnowledgeSource:
    """`change_source` with an address that was checked."""
    values = dict(changes)
    text = values.pop("text", None)
    if "title" in values:
        values["title"] = _title(values["title"])
    with changing(source.business_id, user=user, via=via, summary=f"“{source.title}” was changed"):
        row = _locked(source)
        moved = values.get("url", row.url) != row.url
        _set_fields(row, values, as_draft=as_draft, user=user)
        if text is not None:
            title = values.get("title", row.title)
            _keep(row, _document(title, text), as_draft=as_draft, user=user, via=via)
        if moved:
            start_reading(source=row, user=user)
    return KnowledgeSource.objects.get(pk=source.pk)


def _refuse_others(source: KnowledgeSource, values: Mapping[str, Any]) -> None:
    if source.kind != Kind.WEB and (other := sorted(READ_AS & values.keys())):
        raise _refused(other[0], "Only a source of the kind web has this field.")
    if source.kind != Kind.TEXT and "text" in values:
        raise _refused("text", "Only a source of the kind text has this field.")


def _set_fields(
    row: KnowledgeSource, values: Mapping[str, Any], *, as_draft: bool, user: User | None
) -> None:
    now = {name: value for name, value in values.items() if not as_draft or name in READ_AS}
    later = {name: value for name, value in values.items() if name not in now}
    for name, value in now.items():
        setattr(row, name, value)
    if "refresh_hours" in now:
        row.due_at = _due(row)
    if now:
        row.save(update_fields=[*now, "due_at", "updated_at"])  # the receiver notes it
    if later:
        _draft(row, later, user=user)


def _due(row: KnowledgeSource) -> datetime | None:
    if not row.refresh_hours:
        return None
    return (row.checked_at or timezone.now()) + timedelta(hours=row.refresh_hours)


def delete_source(
    *, source: KnowledgeSource, as_draft: bool = False, user: User | None = None, via: str = ""
) -> None:
    """Delete it with all that was read, or let the draft do so when it is published."""
    if as_draft:
        with drafts.drafting(source.business_id):
            drafts.keep_drafts(
                source.business_id, KnowledgeKind.SOURCE, {source.pk: None}, user=user
            )
        return
    summary = f"“{source.title}” was deleted"
    with changing(source.business_id, user=user, via=via, summary=summary):
        rows = KnowledgeJob.objects.filter(source=source).exclude(file="")
        places = list(rows.values_list("file", flat=True))
        source.delete()
        for place in places:
            transaction.on_commit(partial(drop_file, place), robust=True)


def read_again(
    *,
    source: KnowledgeSource,
    user: User | None = None,
    upload: "File[bytes] | None" = None,
    as_draft: bool = False,
) -> KnowledgeJob:
    """Ask for a reading now; a file needs to be given again."""
    if source.kind == Kind.TEXT:
        raise Conflict("A text is not read again; change it instead.")
    if (source.kind == Kind.FILE) != (upload is not None):
        problem = "Choose the file." if source.kind == Kind.FILE else "A web address has no file."
        raise _refused("file", problem)
    with transaction.atomic():
        row = _locked(source)
        if upload is not None:
            row.file_name = file_name(upload.name or "")[:255] or row.file_name
            row.save(update_fields=["file_name", "updated_at"])
        return start_reading(source=row, user=user, upload=upload, as_draft=as_draft)


def read_due() -> int:
    """Ask for readings of what is due, those first that have waited longest; how many."""
    rows = KnowledgeSource.objects.filter(
        kind=Kind.WEB, is_active=True, due_at__lte=timezone.now()
    ).exclude(state__in=[SourceState.WAITING, SourceState.READING])
    return sum(_ring(source) for source in rows.order_by("due_at")[:DUE_AT_ONCE])


def _ring(source: KnowledgeSource) -> bool:
    """False when it was done meanwhile, or too much of its business waits."""
    try:
        with transaction.atomic():
            row = _locked(source)
            if row.due_at is None or row.due_at > timezone.now():
                return False
            start_reading(source=row)
    except (Conflict, NotFound):
        return False
    return True


def publish_pending(
    *, source: KnowledgeSource, reading: int | None = None, user: User | None = None, via: str = ""
) -> KnowledgeSource:
    """Let the reading that waits count. Conflict when none waits, or not the one that was seen."""
    summary = f"What was found at “{source.title}” was published"
    with changing(source.business_id, user=user, via=via, summary=summary[:200]):
        row = _locked(source)
        make_live(row, _pending(row, reading), user=user, via=via)
    return row


def discard_pending(*, source: KnowledgeSource, reading: int | None = None) -> KnowledgeSource:
    """Forget the reading that waits; it is proposed again when the site changes. Conflict."""
    with transaction.atomic():
        row = _locked(source)
        _pending(row, reading)
        KnowledgeSource.objects.filter(pk=row.pk).update(pending=None)
        row.pending = None
    return row


def _pending(row: KnowledgeSource, reading: int | None) -> int:
    if row.pending is None:
        raise Conflict("No newer reading of this source waits.")
    if reading is not None and reading != row.pending:
        raise Conflict("The source was read again meanwhile; look at the new difference.")
    return row.pending


def _locked(source: KnowledgeSource) -> KnowledgeSource:
    row = KnowledgeSource.objects.select_for_update().filter(pk=source.pk).first()
    if row is None:
        raise NotFound(MISSING)
    return row


def _keep(
    source: KnowledgeSource, document: Document, *, as_draft: bool, user: User | None, via: str
) -> None:
    content = keep_content(source, [document])
    if content is None:
        return
    if as_draft:
        _draft(source, {"content": content.number}, user=user)
    else:
        make_live(source, content.number, user=user, via=via)


def _draft(row: KnowledgeSource, values: State, *, user: User | None) -> None:
    with drafts.drafting(row.business_id):
        kept = drafts.drafted(row.business_id, KnowledgeKind.SOURCE).get(row.pk)
        state = (kept or source_state(row)) | values
        drafts.keep_drafts(row.business_id, KnowledgeKind.SOURCE, {row.pk: state}, user=user)


def _document(title: str, text: str) -> Document:
    words = visible(text).replace("\f", "\n").strip()
    if not words:
        raise _refused("text", "The text is empty.")
    if len(words) > MAX_CHARACTERS:
        raise _refused("text", f"At most {MAX_CHARACTERS:,} characters.")
    return Document(_title(title), words)


def _title(title: str) -> str:
    words = one_line(title)[:MAX_TITLE]
    if not words:
        raise _refused("title", "The title is empty.")
    return words


def _host(address: str) -> str:
    return address.partition("://")[2].rstrip("/")


def _check_room(business: Business) -> None:
    if KnowledgeSource.objects.for_business(business.pk).count() >= MAX_SOURCES:
        raise Conflict(f"There are {MAX_SOURCES} sources already; delete one first.")


def _refused(field: str, problem: str) -> DomainError:
    return DomainError(problem, code="invalid", fields={field: [problem]})
