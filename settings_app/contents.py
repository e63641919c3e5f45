"""What readings of a source found, and which of it answers are made from."""

import hashlib
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from core.lib.errors import NotFound
from settings_app.drafts import drafted, drafting, keep_drafts
from settings_app.models import KnowledgeKind, KnowledgeSource, SourceContent, SourceDocument
from settings_app.reading.shapes import Document
from settings_app.versions import changing, lock_knowledge, source_state

BATCH = 100
KEPT = 30
"""Readings of a source besides those that count or wait."""


def keep_content(source: KnowledgeSource, documents: Sequence[Document]) -> SourceContent | None:
    """Keep what a reading found; None when the latest one found the same.

    When it says again what is live already, a newer one that waits is dropped.
    """
    digest = digest_of(documents)
    with transaction.atomic():
        row = _locked(source)
        if row.pending and digest == _digest_at(row, row.pending):
            return None
        if digest == _digest_at(row, row.live):
            _set(source, pending=None)
            return None
        return _write(row, digest, documents)


def settle_content(
    source: KnowledgeSource,
    documents: Sequence[Document],
    *,
    user: User | None = None,
    via: str = "",
    at_once: bool = False,
    as_draft: bool = False,
) -> SourceContent | None:
    """Keep it; the first one, or with `publish_at_once` each, is live at once, others wait.

    What nobody asked for is not kept again once it was discarded or rolled back.
    """
    with transaction.atomic():
        lock_knowledge(source.business_id)  # before the source, as every change does
        _locked(source)
        if user is None and digest_of(documents) == _latest_digest(source):
            return None
        content = keep_content(source, documents)
        if content is None:
            return None
        if as_draft:
            _put_in_draft(source, content.number, user)
        elif at_once or source.live is None or _may_count(source, documents):
            make_live(source, content.number, user=user, via=via)
        else:
            _set(source, pending=content.number)
        _forget_old(source)
        return content


def _forget_old(source: KnowledgeSource) -> None:
    """Readings that nothing counts on; a version that had one of them can't be gone back to."""
    states = drafted(source.business_id, KnowledgeKind.SOURCE)
    used = (source.live, source.pending, (states.get(source.pk) or {}).get("content"))
    kept = [number for number in used if number is not None]
    numbers = source.contents.exclude(number__in=kept).order_by("-number")
    old = list(numbers.values_list("pk", flat=True)[KEPT:])
    SourceContent.objects.filter(pk__in=old).delete()


def _may_count(source: KnowledgeSource, documents: Sequence[Document]) -> bool:
    """Nobody looks at it; so not when most of the pages are gone, as while a site is rebuilt."""
    known = SourceDocument.objects.filter(content__source=source, content__number=source.live or 0)
    return source.publish_at_once and known.count() <= 2 * len(documents)


def _put_in_draft(source: KnowledgeSource, number: int, user: User | None) -> None:
    with drafting(source.business_id):
        kept = drafted(source.business_id, KnowledgeKind.SOURCE).get(source.pk)
        state = (kept or source_state(source)) | {"content": number}
        keep_drafts(source.business_id, KnowledgeKind.SOURCE, {source.pk: state}, user=user)


def _latest_digest(source: KnowledgeSource) -> str | None:
    latest = source.contents.order_by("-number").values_list("digest", flat=True).first()
    return None if source.pending else latest


def make_live(
    source: KnowledgeSource,
    number: int,
    *,
    user: User | None = None,
    via: str = "",
    summary: str = "",
) -> None:
    """Answers are made from this content from now on. NotFound."""
    summary = summary or f"“{source.title}” was read again"
    with changing(source.business_id, user=user, via=via, summary=summary) as change:
        row = _locked(source)
        if not row.contents.filter(number=number).exists():
            raise NotFound("There is no such reading of this source.")
        waiting = row.pending if row.pending and row.pending > number else None
        _set(source, live=number, pending=waiting)
        row.live = number
        change.note(KnowledgeKind.SOURCE, source.pk, source_state(row))


def digest_of(documents: Sequence[Document]) -> str:
    parts = (part for item in documents for part in (item.place, item.title, item.text))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _locked(source: KnowledgeSource) -> KnowledgeSource:
    row = KnowledgeSource.objects.select_for_update().filter(pk=source.pk).first()
    if row is None:
        raise NotFound("There is no knowledge source with this id.")
    source.live, source.pending = row.live, row.pending
    source.publish_at_once = row.publish_at_once
    return row


def _digest_at(source: KnowledgeSource, number: int | None) -> str | None:
    rows = source.contents.filter(number=number) if number else source.contents.none()
    return rows.values_list("digest", flat=True).first()


def _set(source: KnowledgeSource, **values: int | None) -> None:
    KnowledgeSource.objects.filter(pk=source.pk).update(**values)
    for name, value in values.items():
        setattr(source, name, value)


def _write(source: KnowledgeSource, digest: str, documents: Sequence[Document]) -> SourceContent:
    latest = source.contents.aggregate(latest=Max("number"))["latest"] or 0
    content = SourceContent.objects.create(
        business_id=source.business_id,
        source=source,
        number=latest + 1,
        digest=digest,
        characters=sum(len(item.text) for item in documents),
    )
    rows = [
        SourceDocument(
            business_id=source.business_id,
            content=content,
            position=position,
            place=item.place,
            title=item.title[:300],
            text=item.text,
        )
        for position, item in enumerate(documents)
    ]
    SourceDocument.objects.bulk_create(rows, batch_size=BATCH)
    return content
