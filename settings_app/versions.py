"""The one door of every change of what answers are made from: each makes a version."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, Protocol, TypeVar

from django.db import transaction

from accounts.models import Business, User
from core.lib.prepared import insert_rows
from settings_app.entries import ENTRY_FIELDS
from settings_app.models import (
    AIPrompts,
    KnowledgeChange,
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeSource,
    KnowledgeVersion,
)
from settings_app.selectors import knowledge_version
from settings_app.signals import knowledge_changed

BATCH = 500
TRIES = 3
SOURCE_FIELDS = frozenset({"title", "kind", "url", "language", "is_active", "live"})
State = dict[str, Any]


class Change:
    """What becomes of a business's knowledge in one version. `number` = the version it makes."""

    def __init__(self, business_id: str, number: int) -> None:
        self.business_id, self.number = business_id, number
        self.touched = False
        self.states: dict[tuple[str, str], State | None] = {}
        self._before: list[tuple[tuple[str, str], bool, State | None]] = []

    def note(self, kind: str, object_id: str, state: Mapping[str, Any] | None) -> None:
        """An entry or source became `state`; None = it was deleted. The last word counts."""
        key = kind, object_id
        self._before.append((key, key in self.states, self.states.get(key)))
        self.states[key] = None if state is None else dict(state)

    def is_gone(self, kind: str, object_id: str) -> bool:
        """Whether it was noted already that it is deleted."""
        return self.states.get((kind, object_id), {}) is None

    def touch(self) -> None:
        """Something else that answers are made from changed, such as the prompts."""
        self.touched = True

    def mark(self) -> tuple[int, bool]:
        """What `forget_since` goes back to."""
        return len(self._before), self.touched

    def forget_since(self, mark: tuple[int, bool]) -> None:
        count, self.touched = mark
        while len(self._before) > count:
            key, was_noted, state = self._before.pop()
            self.states[key] = state
            if not was_noted:
                del self.states[key]

    def __bool__(self) -> bool:
        return self.touched or bool(self.states)


class _Running(threading.local):
    changes: dict[str, Change] | None = None


_running = _Running()


def running_change(business_id: str) -> Change | None:
    """The change that this thread is in the middle of."""
    return (_running.changes or {}).get(business_id)


@contextmanager
def changing(
    business_id: str, *, user: User | None = None, via: str = "", summary: str = ""
) -> Iterator[Change]:
    """Everything changed in the block becomes one version, in one transaction.

    Its first statement locks the business's row against other changes. Within another block of
    the same business it joins that one. Where nothing is noted there is no version.
    """
    if (outer := running_change(business_id)) is not None:
        with _joined(outer):
            yield outer
        return
    with transaction.atomic():
        change = Change(business_id, lock_knowledge(business_id) + 1)
        running = _running.changes = _running.changes or {}
        running[business_id] = change
        try:
            yield change
        finally:
            del running[business_id]
        if change:
            _write(change, user=user, via=via, summary=summary)


@contextmanager
def _joined(outer: Change) -> Iterator[None]:
    """A part of a larger change; what a failed part noted is forgotten with its rows."""
    mark = outer.mark()
    try:
        with transaction.atomic():
            yield
    except BaseException:
        outer.forget_since(mark)
        raise


class Plan(Protocol):
    def is_stale(self, business_id: str) -> bool:
        """Whether what it was made from, other than the knowledge, changed since. Asked within
        the lock."""


P = TypeVar("P", bound=Plan)


def plan_and_write(
    business_id: str, plan: Callable[[str], P], write: Callable[[P, Change], None], **made: Any
) -> int:
    """A version that is planned before the lock and written within it, so that others wait for the
    writing alone; its number. Planned again when what it was made from changed meanwhile, the last
    time within the lock. `made` = how `changing` tells it.
    """
    for left in reversed(range(TRIES)):
        version = knowledge_version(business_id)
        planned = plan(business_id)
        with changing(business_id, **made) as change:
            if change.number != version + 1 or planned.is_stale(business_id):
                if left:
                    continue
                planned = plan(business_id)
            write(planned, change)
            break
    return change.number


def lock_knowledge(business_id: str) -> int:
    """Let one change of the business's knowledge or its draft run at a time; its version now."""
    rows = Business.objects.select_for_update(no_key=True).filter(pk=business_id)
    return rows.values_list("knowledge_version", flat=True).first() or 0


def _write(change: Change, *, user: User | None, via: str, summary: str) -> None:
    business_id, number = change.business_id, change.number
    if not Business.objects.filter(pk=business_id).update(knowledge_version=number):
        return
    insert_rows(
        [
            KnowledgeChange(
                business_id=business_id,
                version=number,
                kind=kind,
                object_id=object_id,
                state=state,
            )
            for (kind, object_id), state in change.states.items()
        ]
    )
    _forget_drafts(change)
    prompts = AIPrompts.objects.for_business(business_id).values_list("version", flat=True)
    KnowledgeVersion.objects.create(
        business_id=business_id,
        number=number,
        prompts_version=prompts.first(),
        user=user,
        via=via,
        summary=summary[:200],
    )
    knowledge_changed.send(sender=KnowledgeVersion, business_id=business_id, version=number)


def _forget_drafts(change: Change) -> None:
    """A draft goes with what it is of, and when what it wants has come to be."""
    wanted = list(change.states)
    drafts = KnowledgeDraft.objects.for_business(change.business_id)
    if not drafts.exists():
        return
    for start in range(0, len(wanted), BATCH):
        ids = [object_id for _, object_id in wanted[start : start + BATCH]]
        done = [
            draft.pk
            for draft in drafts.filter(object_id__in=ids)
            if (now := change.states.get((draft.kind, draft.object_id))) is None
            or now == draft.state
        ]
        if done:
            drafts.filter(pk__in=done).delete()


def bump_knowledge(business_id: str) -> None:
    """A version for what changed without an object, such as the prompts."""
    with changing(business_id) as change:
        change.touch()


def entry_state(entry: KnowledgeEntry) -> State:
    """An entry as versions and drafts keep it."""
    return plain_state([getattr(entry, name) for name in ENTRY_FIELDS])


def plain_state(values: Iterable[Any]) -> State:
    """The same of the values of ENTRY_FIELDS, in their order."""
    return {name: _plain(value) for name, value in zip(ENTRY_FIELDS, values, strict=True)}


def source_state(source: KnowledgeSource) -> State:
    """A source as versions and drafts keep it; `content` = the number of what counts."""
    names = SOURCE_FIELDS - {"live"}
    return {name: getattr(source, name) for name in sorted(names)} | {"content": source.live}


def noted_state(business_id: str, kind: str, object_id: str) -> State | None:
    """The latest state that was noted of an object; None = it is not there."""
    if (change := running_change(business_id)) and (kind, object_id) in change.states:
        return change.states[kind, object_id]
    rows = KnowledgeChange.objects.for_business(business_id)
    found = rows.filter(kind=kind, object_id=object_id).order_by("-version")
    return found.values_list("state", flat=True).first()


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
