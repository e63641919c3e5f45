"""Knowledge from files: rows are read and judged first, then written in one short transaction."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Business
from core.lib.errors import Conflict, DomainError
from settings_app.entries import EntryDraft, draft_entry, problem_of
from settings_app.models import KnowledgeEntry
from settings_app.services import bump_knowledge

BATCH = 500
MAX_BYTES = 50_000_000
COLUMNS = {"question", "answer", "tags", "language", "phrasings"}
DELIMITERS = ",;\t"
KEPT_FIELDS = ("answer", "phrasings", "tags", "language")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: a draft, or the reason why it is none. `line` = where it starts.

    `fields` = what the file speaks of; an existing entry keeps the others.
    """

    line: int
    draft: EntryDraft | None = None
    reason: str = ""
    fields: tuple[str, ...] = KEPT_FIELDS


@dataclass(slots=True)
class ImportCounts:
    """What became of the rows. `rejected_rows` holds line and reason of each refused one."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected_rows: list[Row] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": len(self.rejected_rows),
            "rejected_rows": [
                {"line": row.line, "reason": row.reason} for row in self.rejected_rows
            ],
        }


def import_file(*, business: Business, path: Path) -> ImportCounts:
    """Add or update the entries that a file holds. All of its good rows, or after an error none."""
    if path.suffix.lower() != ".csv":
        raise DomainError(f"{path.name} can't be imported: only .csv files can for now.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DomainError(f"{path.name} is larger than 50 MB; split it.")
        with path.open(encoding=_encoding(path), newline="") as file:
            return import_entries(business=business, rows=read_csv(file))
    except UnicodeDecodeError as error:
        raise DomainError(f"{path.name} is not UTF-8; save it as “CSV UTF-8”.") from error
    except OSError as error:
        raise DomainError(f"{path.name} can't be read: {error.strerror}.") from error


def _encoding(path: Path) -> str:
    """UTF-8 with or without its mark; spreadsheets also write UTF-16, always with a mark."""
    with path.open("rb") as file:
        start = file.read(2)
    return "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def read_csv(file: TextIO) -> Iterator[Row]:
    """Rows of a CSV file with the columns question, answer[, tags][, language][, phrasings].

    Tags are parted by commas or bars, phrasings by bars.
    """
    header = file.readline()
    delimiter = max(DELIMITERS, key=header.count)
    names = [name.strip().strip('"').strip().lower() for name in header.strip().split(delimiter)]
    if not {"question", "answer"} <= set(names):
        raise DomainError(
            "The first line must name the columns, “question” and “answer” among them."
        )
    if unknown := sorted(set(names) - COLUMNS - {""}):
        raise DomainError(
            f"Unknown columns: {', '.join(unknown)}. Known: {', '.join(sorted(COLUMNS))}."
        )
    reader = csv.reader(file, delimiter=delimiter)
    while (row := _next_row(reader, names)) is not None:
        if row.draft or row.reason:
            yield row


def _next_row(reader: Any, names: Sequence[str]) -> Row | None:
    """The next row; one without draft and reason is an empty line; None at the end."""
    line = reader.line_num + 2
    try:
        values = next(reader)
    except StopIteration:
        return None
    except csv.Error as error:
        return Row(line, reason=f"Not readable as CSV ({error}); is a quote not closed?")
    if not any(value.strip() for value in values):
        return Row(line)
    if len(values) > len(names):
        return Row(line, reason=f"{len(values)} columns, but the first line names {len(names)}.")
    return _judged(line, dict(zip(names, [*values, *[""] * len(names)], strict=False)))


def _judged(line: int, cells: dict[str, str]) -> Row:
    draft = draft_entry(
        question=cells.get("question", ""),
        answer=cells.get("answer", ""),
        phrasings=cells.get("phrasings", "").split("|"),
        tags=cells.get("tags", "").replace("|", ",").split(","),
        language=cells.get("language", ""),
    )
    fields = tuple(name for name in KEPT_FIELDS if name in cells)
    problem = problem_of(draft)
    return Row(line, reason=problem) if problem else Row(line, draft=draft, fields=fields)


def import_entries(*, business: Business, rows: Iterable[Row]) -> ImportCounts:
    """Write the good rows in one transaction. A question that stands twice counts once."""
    counts = ImportCounts()
    good = list(_good_rows(rows, counts))
    try:
        with transaction.atomic():
            for start in range(0, len(good), BATCH):
                _write_batch(business, good[start : start + BATCH], counts)
            if counts.added or counts.updated:
                bump_knowledge(business.pk)
    except IntegrityError as error:
        raise Conflict(
            "The entries were changed at the same time; import the file again."
        ) from error
    return counts


def _good_rows(rows: Iterable[Row], counts: ImportCounts) -> Iterator[tuple[Row, EntryDraft]]:
    seen: dict[str, int] = {}
    for row in rows:
        if row.draft is None:
            counts.rejected_rows.append(row)
        elif (first := seen.setdefault(row.draft.question, row.line)) != row.line:
            reason = f"The same question stands on line {first} already."
            counts.rejected_rows.append(Row(row.line, reason=reason))
        else:
            yield row, row.draft


def _write_batch(
    business: Business, rows: Sequence[tuple[Row, EntryDraft]], counts: ImportCounts
) -> None:
    questions = [draft.question for _, draft in rows]
    found = KnowledgeEntry.objects.for_business(business.pk).filter(question__in=questions)
    existing = {entry.question: entry for entry in found}
    new = [_new(business, draft) for _, draft in rows if draft.question not in existing]
    old = [
        (existing[draft.question], row, draft) for row, draft in rows if draft.question in existing
    ]
    changed = [entry for entry, row, draft in old if _rewrite(entry, draft, row.fields)]
    KnowledgeEntry.objects.bulk_create(new)
    KnowledgeEntry.objects.bulk_update(changed, [*KEPT_FIELDS, "updated_at"])
    counts.added += len(new)
    counts.updated += len(changed)
    counts.unchanged += len(old) - len(changed)


def _new(business: Business, draft: EntryDraft) -> KnowledgeEntry:
    entry = KnowledgeEntry(business=business, question=draft.question)
    _rewrite(entry, draft, KEPT_FIELDS)
    return entry


def _rewrite(entry: KnowledgeEntry, draft: EntryDraft, fields: Sequence[str]) -> bool:
    """Give the row the draft's words; whether that changed anything."""
    wanted = {
        "answer": draft.answer,
        "phrasings": list(draft.phrasings),
        "tags": list(draft.tags),
        "language": draft.language,
    }
    changes = {name: wanted[name] for name in fields if getattr(entry, name) != wanted[name]}
    for name, value in changes.items():
        setattr(entry, name, value)
    entry.updated_at = timezone.now()
    return bool(changes)
