"""Entries of a file beside those that are there: what is new, what differs, and writing it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from core.lib.ids import new_id
from core.lib.prepared import insert_later
from settings_app.drafts import drafted
from settings_app.models import KnowledgeEntry, KnowledgeKind
from settings_app.reading.rows import KEPT_FIELDS
from settings_app.reading.shapes import Row
from settings_app.versions import Change, State, entry_state

BATCH = 500
DAYS = ("valid_from", "valid_to")


@dataclass(slots=True)
class ImportCounts:
    """What became of the rows. `rejected_rows` holds line and reason of each refused one.

    A text without questions counts as one more that was added, updated or unchanged.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected_rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    source_id: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            **self.numbers(),
            "rejected_rows": [
                {"line": row.line, "reason": row.reason} for row in self.rejected_rows
            ],
        }

    def numbers(self) -> dict[str, Any]:
        numbers: dict[str, Any] = {
            "added": self.added,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": len(self.rejected_rows),
        }
        more = {"source_id": self.source_id, "problems": self.problems}
        return numbers | {name: value for name, value in more.items() if value}


@dataclass(slots=True)
class Plan:
    """Rows to insert and to rewrite, made before anything is locked."""

    new: list[KnowledgeEntry] = field(default_factory=list)
    changed: list[KnowledgeEntry] = field(default_factory=list)
    unchanged: int = 0
    states: dict[str, State] = field(default_factory=dict)
    insert: Callable[[], None] = lambda: None
    update: Callable[[], None] = lambda: None


def good_rows(rows: Iterable[Row], counts: ImportCounts) -> list[Row]:
    """Those that can be kept; a question that stands twice counts once."""
    seen: dict[str, int] = {}
    good = []
    for row in rows:
        if row.words is None:
            counts.rejected_rows.append(row)
        elif (first := seen.setdefault(row.question, row.line)) != row.line:
            reason = f"The same question stands on line {first} already."
            counts.rejected_rows.append(Row(row.line, reason=reason))
        else:
            good.append(row)
    return good


def plan_entries(business_id: str, rows: Sequence[Row]) -> Plan:
    plan = Plan()
    for start in range(0, len(rows), BATCH):
        _plan_batch(business_id, rows[start : start + BATCH], plan)
    now = timezone.now()
    for entry in plan.changed:
        entry.updated_at = now
    plan.insert = insert_later(plan.new)
    plan.update = insert_later(plan.changed, rewrite=[*KEPT_FIELDS, "updated_at"])
    return plan


def _plan_batch(business_id: str, rows: Sequence[Row], plan: Plan) -> None:
    existing = _existing(business_id, rows)
    for row in rows:
        words = row.words or {}
        entry = existing.get(row.question)
        if entry is None:
            entry = KnowledgeEntry(business_id=business_id, question=row.question)
            _rewrite(entry, words, set(KEPT_FIELDS) & words.keys())
            plan.new.append(entry)
        elif _rewrite(entry, words, row.fields):
            plan.changed.append(entry)
        else:
            plan.unchanged += 1
            continue
        plan.states[entry.pk] = entry_state(entry)


def _existing(business_id: str, rows: Sequence[Row]) -> dict[str, KnowledgeEntry]:
    questions = [row.question for row in rows]
    found = KnowledgeEntry.objects.for_business(business_id).filter(question__in=questions)
    return {entry.question: entry for entry in found}


def _rewrite(entry: KnowledgeEntry, words: State, fields: Iterable[str]) -> bool:
    """Give the row the file's words; whether that changed anything."""
    wanted = {name: _value(name, words[name]) for name in fields}
    changes = {name: value for name, value in wanted.items() if getattr(entry, name) != value}
    for name, value in changes.items():
        setattr(entry, name, value)
    return bool(changes)


def _value(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in DAYS and value else value


def write_entries(plan: Plan, change: Change) -> None:
    """Few statements, so that the lock is short; no signals: what changed is noted here."""
    plan.insert()
    plan.update()
    for entry_id, state in plan.states.items():
        change.note(KnowledgeKind.ENTRY, entry_id, state)


@dataclass(slots=True)
class DraftPlan:
    states: dict[str, State] = field(default_factory=dict)
    added: int = 0
    updated: int = 0
    unchanged: int = 0


def plan_draft(business_id: str, rows: Sequence[Row]) -> DraftPlan:
    """What the draft is to hold, seen from the live entries with the present draft over them."""
    states = drafted(business_id, KnowledgeKind.ENTRY)
    asked = {state["question"]: pk for pk, state in states.items() if state}
    plan = DraftPlan()
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        existing = _existing(business_id, batch).items()
        live = {question: entry for question, entry in existing if _still(states, entry)}
        for row in batch:
            pk = asked.get(row.question) or (live[row.question].pk if row.question in live else "")
            known = states[pk] if pk in states else entry_state(live[row.question]) if pk else None
            _draft_row(row, pk, known, plan)
    return plan


def _still(states: Mapping[str, State | None], entry: KnowledgeEntry) -> bool:
    """Whether the entry asks the same in the draft, or is to go there."""
    state = states.get(entry.pk)
    return state is None or state["question"] == entry.question


def _draft_row(row: Row, pk: str, before: State | None, plan: DraftPlan) -> None:
    words = row.words or {}
    after = {**before, **{name: words[name] for name in row.fields}} if before else words
    if before is None:
        plan.added += 1
    elif after == before:
        plan.unchanged += 1
        return
    else:
        plan.updated += 1
    plan.states[pk or new_id()] = after
