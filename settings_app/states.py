"""Entries and sources as versions and drafts keep them, and such states made rows again."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Concat

from core.lib.errors import Conflict
from core.lib.prepared import insert_later
from settings_app.entries import ENTRY_FIELDS
from settings_app.models import KnowledgeEntry, KnowledgeKind, KnowledgeSource, SourceContent
from settings_app.versions import BATCH, Change, State, plain_state, source_state

States = dict[str, State]
Wanted = Mapping[str, State | None]
# The kind of a change that is of the prompts; a version names them, no state is kept.
PROMPTS = "prompts"
DAYS = ("valid_from", "valid_to")
# No question begins like this: it is what one is called while two of them swap their words.
PARKED = "\x1f"


def live_states(business_id: str, kind: str, ids: Collection[str] | None = None) -> States:
    """What counts now, by id: all of it, or of these ids."""
    if kind == KnowledgeKind.ENTRY:
        values = KnowledgeEntry.objects.for_business(business_id).values_list("pk", *ENTRY_FIELDS)
        return {pk: plain_state(state) for pk, *state in _rows(values, ids)}
    found = _rows(KnowledgeSource.objects.for_business(business_id), ids)
    return {source.pk: source_state(source) for source in found}


def _rows(rows: "QuerySet[Any]", ids: Collection[str] | None) -> Iterator[Any]:
    if ids is None:
        yield from rows.order_by("pk").iterator(chunk_size=BATCH)
        return
    wanted = iter(sorted(ids))
    while part := list(islice(wanted, BATCH)):
        yield from rows.filter(pk__in=part)


def entry_of(business_id: str, entry_id: str, state: Mapping[str, Any]) -> KnowledgeEntry:
    """The entry that a state describes. Not saved."""
    values = {name: state[name] for name in ENTRY_FIELDS if name in state}
    days = {name: date.fromisoformat(values[name]) for name in DAYS if values.get(name)}
    return KnowledgeEntry(business_id=business_id, pk=entry_id, **{**values, **days})


@dataclass(frozen=True)
class EntriesPlan:
    """What is to be done to entries, made ready before anything is locked."""

    business_id: str
    kept: Mapping[str, State]
    gone: list[str]
    renamed: list[str]
    write: Callable[[], None]


def plan_entries(business_id: str, wanted: Wanted, live: States | None = None) -> EntriesPlan:
    """To make the entries what `wanted` says (None = gone), ids kept. `live` = those that are there
    of them, where that is known."""
    if live is None:
        live = live_states(business_id, KnowledgeKind.ENTRY, wanted.keys())
    kept = {pk: state for pk, state in wanted.items() if state and live.get(pk) != state}
    rows = [entry_of(business_id, pk, state) for pk, state in kept.items()]
    return EntriesPlan(
        business_id,
        kept,
        gone=[pk for pk, state in wanted.items() if state is None and pk in live],
        renamed=[pk for pk in kept if pk in live and live[pk]["question"] != kept[pk]["question"]],
        write=insert_later(rows, rewrite=[*ENTRY_FIELDS, "updated_at"]),
    )


def apply_entries(change: Change, plan: EntriesPlan) -> None:
    """Do it. Conflict on equal questions. The entries have to be as they were for the plan."""
    rows = KnowledgeEntry.objects.for_business(plan.business_id)
    for pk in plan.gone:
        change.note(KnowledgeKind.ENTRY, pk, None)
    for part in _parts(plan.gone):
        rows.filter(pk__in=part).delete()
    _refuse_twins(rows, plan.kept)
    for part in _parts(plan.renamed):
        rows.filter(pk__in=part).update(
            question=Concat(Value(PARKED), F("id"), output_field=CharField())
        )
    plan.write()
    for pk, state in plan.kept.items():
        change.note(KnowledgeKind.ENTRY, pk, state)


def _refuse_twins(rows: "QuerySet[KnowledgeEntry]", kept: Mapping[str, State]) -> None:
    asked: dict[str, str] = {}
    for pk, state in kept.items():
        if asked.setdefault(state["question"], pk) != pk:
            raise _twins(state["question"])
    for part in _parts(list(asked)):
        for pk, question in rows.filter(question__in=part).values_list("pk", "question"):
            if pk not in kept:
                raise _twins(question)


def _twins(question: str) -> Conflict:
    return Conflict(f"Two entries would ask “{question[:120]}”; change or delete one of them.")


def apply_sources(change: Change, wanted: Wanted) -> None:
    """Make the sources what `wanted` says (None = gone). One that is no more stays away.

    A content that was deleted since can't come back: then what counts now goes on counting.
    """
    rows = KnowledgeSource.objects.for_business(change.business_id).filter(pk__in=list(wanted))
    for source in rows:
        state = wanted[source.pk]
        if state is None:
            source_id = source.pk
            source.delete()
            change.note(KnowledgeKind.SOURCE, source_id, None)
        elif source_state(source) != state:
            _apply_source(source, state)
            change.note(KnowledgeKind.SOURCE, source.pk, source_state(source))


def _apply_source(source: KnowledgeSource, state: State) -> None:
    for name in ("title", "url", "language", "is_active"):
        setattr(source, name, state[name])
    number = state["content"]
    if number is None or SourceContent.objects.filter(source=source, number=number).exists():
        source.live = number
    if source.pending == source.live:
        source.pending = None
    source.save()


def _parts(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
