"""Knowledge from files: read and judged first, then written in one short transaction."""

from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import IntegrityError

from accounts.models import Business, User
from core.lib.errors import Conflict, DomainError
from settings_app.contents import keep_content, make_live
from settings_app.drafts import drafting, keep_drafts
from settings_app.import_rows import (
    ImportCounts,
    good_rows,
    plan_draft,
    plan_entries,
    write_entries,
)
from settings_app.models import KnowledgeKind, KnowledgeSource
from settings_app.reading.child import read_path
from settings_app.reading.shapes import Document, Reading, Refused, Row
from settings_app.selectors import knowledge_version
from settings_app.versions import changing, source_state

TRIES = 3
Settle = Callable[[ImportCounts], None]


def import_file(
    *,
    business: Business,
    path: Path,
    user: User | None = None,
    via: str = "command",
    as_draft: bool = False,
) -> ImportCounts:
    """Add or update what a file holds: questions with answers as entries, the rest as a source.

    All of it, or after an error nothing.
    """
    try:
        reading = read_path(path, name=path.name, purpose="entries")
    except Refused as refused:
        raise DomainError(f"{path.name}: {refused.reason}") from refused
    except OSError as error:
        raise DomainError(f"{path.name} can't be read: {error.strerror}.") from error
    return import_reading(
        business=business, reading=reading, name=path.name, user=user, via=via, as_draft=as_draft
    )


def import_reading(
    *,
    business: Business,
    reading: Reading,
    name: str,
    user: User | None = None,
    via: str = "",
    as_draft: bool = False,
    settle: Settle = lambda counts: None,
) -> ImportCounts:
    """Write it as one version, or into the draft. `settle` runs last, in the same transaction."""
    counts = ImportCounts(problems=reading.problems)
    rows = good_rows(reading.rows, counts)
    write = _write_draft if as_draft else _write_live
    try:
        write(business, rows, reading.documents, name, user, via, counts, settle)
    except IntegrityError as error:
        raise Conflict(
            "The entries were changed at the same time; import the file again."
        ) from error
    return counts


def _write_live(
    business: Business,
    rows: Sequence[Row],
    documents: Sequence[Document],
    name: str,
    user: User | None,
    via: str,
    counts: ImportCounts,
    settle: Settle,
) -> None:
    """Planned without the lock: only when knowledge changed meanwhile it is planned again."""
    summary = f"Import of {name}"
    for left in reversed(range(TRIES)):
        version = knowledge_version(business.pk)
        plan = plan_entries(business.pk, rows)
        with changing(business.pk, user=user, via=via, summary=summary) as change:
            if change.number != version + 1:
                if left:
                    continue
                plan = plan_entries(business.pk, rows)
            write_entries(plan, change)
            counts.added, counts.updated = len(plan.new), len(plan.changed)
            counts.unchanged = plan.unchanged
            if documents:
                source = _source_of(business, documents, name)
                _count(counts, _publish(source, documents, user, via), source)
            settle(counts)
            return


def _write_draft(
    business: Business,
    rows: Sequence[Row],
    documents: Sequence[Document],
    name: str,
    user: User | None,
    via: str,
    counts: ImportCounts,
    settle: Settle,
) -> None:
    with drafting(business.pk):
        plan = plan_draft(business.pk, rows)
        keep_drafts(business.pk, KnowledgeKind.ENTRY, plan.states, user=user)
        counts.added, counts.updated = plan.added, plan.updated
        counts.unchanged = plan.unchanged
        if documents:
            source = _source_of(business, documents, name)
            _count(counts, _draft_source(source, documents, user), source)
        settle(counts)


def _source_of(business: Business, documents: Sequence[Document], name: str) -> KnowledgeSource:
    """The source of the file of this name; a new one when there is none yet."""
    rows = KnowledgeSource.objects.for_business(business.pk)
    kept = rows.filter(kind=KnowledgeSource.Kind.FILE, file_name=name[:255]).first()
    return kept or KnowledgeSource.objects.create(
        business=business,
        kind=KnowledgeSource.Kind.FILE,
        title=(documents[0].title or name)[:200],
        file_name=name[:255],
        state=KnowledgeSource.State.READY,
    )


def _publish(
    source: KnowledgeSource, documents: Sequence[Document], user: User | None, via: str
) -> str:
    """Which of the counts it adds to."""
    known = source.live is not None
    content = keep_content(source, documents)
    if content is None and not source.pending:
        return "unchanged"
    number = content.number if content else source.pending
    make_live(source, number or 0, user=user, via=via)
    return "updated" if known else "added"


def _draft_source(source: KnowledgeSource, documents: Sequence[Document], user: User | None) -> str:
    content = keep_content(source, documents)
    if content is None:
        return "unchanged"
    wanted = {source.pk: source_state(source) | {"content": content.number}}
    keep_drafts(source.business_id, KnowledgeKind.SOURCE, wanted, user=user)
    return "added" if source.live is None else "updated"


def _count(counts: ImportCounts, what: str, source: KnowledgeSource) -> None:
    setattr(counts, what, getattr(counts, what) + 1)
    counts.source_id = source.pk
