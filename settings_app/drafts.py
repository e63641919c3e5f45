"""What a business's knowledge is to become: states beside the live ones until a publish."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Count, Max

from accounts.models import Business, User
from accounts.services.audit import note_setting
from core.lib.errors import Conflict, NotFound
from settings_app.models import (
    AIPrompts,
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeKind,
    KnowledgeSource,
    SourceDocument,
)
from settings_app.selectors import (
    active_entries,
    documents_of,
    knowledge_version,
    live_documents,
    published_prompts,
)
from settings_app.states import PROMPTS, States, Wanted, entry_of, live_states
from settings_app.versions import BATCH, State, lock_knowledge

Shown = dict[str, Any]


@contextmanager
def drafting(business_id: str) -> Iterator[None]:
    """One change of the draft at a time, and none while it is being published."""
    with transaction.atomic():
        lock_knowledge(business_id)
        yield


def keep_drafts(business_id: str, kind: str, wanted: Wanted, *, user: User | None = None) -> None:
    """Draft these states of entries or sources (None = to go); those like the live ones go.

    Call it within `drafting`.
    """
    live = live_states(business_id, kind, wanted.keys())
    same = [pk for pk, state in wanted.items() if live.get(pk) == state]
    rows = [
        KnowledgeDraft(business_id=business_id, kind=kind, object_id=pk, state=state, user=user)
        for pk, state in wanted.items()
        if live.get(pk) != state
    ]
    for start in range(0, len(same), BATCH):
        _drafts(business_id, kind).filter(object_id__in=same[start : start + BATCH]).delete()
    KnowledgeDraft.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["business", "kind", "object_id"],
        update_fields=["state", "user", "updated_at"],
    )


def _drafts(business_id: str, kind: str) -> Any:
    return KnowledgeDraft.objects.for_business(business_id).filter(kind=kind)


def drafted(business_id: str, kind: str) -> dict[str, State | None]:
    """What is drafted of a kind, by id."""
    rows = _drafts(business_id, kind).order_by("object_id")
    return dict(rows.values_list("object_id", "state"))


def draft_states(business_id: str, kind: str = KnowledgeKind.ENTRY) -> States:
    """The live states with the draft over them, by id."""
    both = {**live_states(business_id, kind), **drafted(business_id, kind)}
    return {pk: state for pk, state in both.items() if state is not None}


def drafted_entries(business_id: str) -> Iterator[KnowledgeEntry]:
    """The entries that answers would be made from; those of the draft are not saved."""
    states = drafted(business_id, KnowledgeKind.ENTRY)
    for entry in active_entries(business_id).iterator(chunk_size=BATCH):
        if entry.pk not in states:
            yield entry
    for pk, state in states.items():
        if state and state["is_active"]:
            yield entry_of(business_id, pk, state)


def drafted_entry(business_id: str, entry_id: str) -> KnowledgeEntry:
    """An entry as it would be once published. NotFound."""
    live = KnowledgeEntry.objects.for_business(business_id).filter(pk=entry_id).first()
    draft = _drafts(business_id, KnowledgeKind.ENTRY).filter(object_id=entry_id).first()
    shown = live if draft is None else with_times(draft, live)
    if shown is None:
        raise NotFound("There is no knowledge entry with this id.")
    return shown


def with_times(draft: KnowledgeDraft, live: KnowledgeEntry | None) -> KnowledgeEntry | None:
    """A drafted entry with the times at which it was made and drafted; None = it is to go."""
    if draft.state is None:
        return None
    entry = entry_of(draft.business_id, draft.object_id, draft.state)
    entry.created_at = live.created_at if live else draft.updated_at
    entry.updated_at = draft.updated_at
    return entry


def is_asked_elsewhere(business_id: str, entry_id: str, question: str) -> bool:
    """Whether another entry would have this question."""
    drafts = _drafts(business_id, KnowledgeKind.ENTRY).exclude(object_id=entry_id)
    live = KnowledgeEntry.objects.for_business(business_id).filter(question=question)
    return bool(
        drafts.filter(state__question=question).exists()
        or live.exclude(pk=entry_id).exclude(pk__in=drafts.values("object_id")).exists()
    )


def drafted_sources(business_id: str) -> list[KnowledgeSource]:
    """The sources as they would be. Not to be saved."""
    states = drafted(business_id, KnowledgeKind.SOURCE)
    rows = KnowledgeSource.objects.for_business(business_id).order_by("pk")
    shown = []
    for source in rows:
        state = states.get(source.pk, {"content": source.live})
        if state is not None:
            source.live = state["content"]
            for name in state.keys() & {"title", "url", "language", "is_active"}:
                setattr(source, name, state[name])
            shown.append(source)
    return shown


def drafted_documents(business_id: str) -> Iterator[tuple[KnowledgeSource, SourceDocument]]:
    """As `selectors.live_documents`, of the draft."""
    if not _drafts(business_id, KnowledgeKind.SOURCE).exists():
        yield from live_documents(business_id)
        return
    for source in drafted_sources(business_id):
        if source.is_active and source.live is not None:
            for document in documents_of(source, source.live):
                yield source, document


def drafted_prompts(business_id: str) -> AIPrompts | None:
    """The prompts with their draft over them. Not to be saved."""
    prompts = published_prompts(business_id)
    for name, text in ((prompts and prompts.draft) or {}).items():
        setattr(prompts, name, text)
    return prompts


def draft_mark(business_id: str) -> Any:
    """Equal to an earlier one as long as the draft was left alone."""
    rows = KnowledgeDraft.objects.for_business(business_id)
    prompts = AIPrompts.objects.for_business(business_id).values_list("draft", flat=True)
    return rows.aggregate(Count("pk"), Max("pk"), Max("updated_at")), prompts.first()


def draft_changes(business_id: str) -> list[Shown]:
    """What a publish would change: [{kind, id, before, after}], before or after None = not there.

    The prompts' draft is one of kind "prompts" with the texts that differ.
    """
    return [
        *prompts_draft_changes(published_prompts(business_id), {}),
        *_object_changes(business_id, KnowledgeKind.ENTRY),
        *_object_changes(business_id, KnowledgeKind.SOURCE),
    ]


def _object_changes(business_id: str, kind: str) -> list[Shown]:
    wanted = drafted(business_id, kind)
    live = live_states(business_id, kind, wanted.keys())
    return [
        {"kind": str(kind), "id": pk, "before": live.get(pk), "after": state}
        for pk, state in wanted.items()
        if live.get(pk) != state
    ]


def prompts_draft_changes(prompts: AIPrompts | None, texts: Mapping[str, str]) -> list[Shown]:
    """The same of the prompts alone, with `texts` over their draft."""
    after = {**((prompts and prompts.draft) or {}), **texts}
    before = {name: getattr(prompts, name) for name in after}
    names = sorted(name for name in after if after[name] != before[name])
    if not names:
        return []
    return [
        {
            "kind": PROMPTS,
            "id": "",
            "before": {name: before[name] for name in names},
            "after": {name: after[name] for name in names},
        }
    ]


def draft_digest(business_id: str, changes: Sequence[Shown] | None = None) -> str:
    """Names the draft together with what it would change; "" when nothing is drafted.

    Another draft, or the same one over other knowledge, has another digest.
    """
    shown = draft_changes(business_id) if changes is None else changes
    if not shown:
        return ""
    words = json.dumps([knowledge_version(business_id), shown], sort_keys=True)
    return hashlib.sha256(words.encode()).hexdigest()


def discard_draft(*, business: Business, user: User, via: str = "api") -> None:
    """Forget all that is drafted, the prompts' draft too. Conflict when nothing is."""
    with drafting(business.pk):
        rows = KnowledgeDraft.objects.for_business(business.pk)
        _forget(business, rows, prompts=True, user=user, via=via)


def drop_draft(
    *, business: Business, kind: str, object_id: str, user: User, via: str = "api"
) -> None:
    """Forget what is drafted of one object, or of the prompts. Conflict when nothing is."""
    with drafting(business.pk):
        rows = _drafts(business.pk, kind).filter(object_id=object_id)
        _forget(business, rows, prompts=kind == PROMPTS, user=user, via=via)


def _forget(business: Business, rows: Any, *, prompts: bool, user: User, via: str) -> None:
    count, _ = rows.delete()
    if prompts:
        drafted_texts = AIPrompts.objects.for_business(business.pk).filter(draft__isnull=False)
        count += drafted_texts.update(draft=None)
    if not count:
        raise Conflict("There is no draft to discard.")
    note_setting(
        business_id=business.pk,
        user=user,
        via=via,
        subject="knowledge",
        before={"draft": count},
        after={"draft": 0},
    )


def forget_drafts(business_id: str) -> None:
    """All of them but the prompts', which goes with their publish."""
    KnowledgeDraft.objects.for_business(business_id).delete()
