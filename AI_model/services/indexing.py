"""Builds the index of a business after its knowledge changed, and keeps it in the database.

The row says what is due, and who builds holds it under a lease. An older index stays until the new
one is there as a whole. Large builds run in a process of their own, so that answers are not slowed
and the memory is given back.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import BoundedSemaphore
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import Error
from django.db.models import F, Sum

from AI_model.models import KnowledgeIndex
from AI_model.retrieval import shelf, store
from AI_model.retrieval.gather import live_sources
from AI_model.retrieval.index import Index, build, encode_units, fresh_units
from AI_model.retrieval.packing import pack
from AI_model.retrieval.parts import are_there, delete_others, write_parts
from AI_model.retrieval.sources import Source
from AI_model.services.index_rows import (
    claim_build,
    extend_builds,
    fail_build,
    finish_build,
    held_build,
    note_progress,
    put_off_build,
    release_build,
)
from AI_model.services.indexing_child import ChildFailed, run_child
from core.lib.hands import waiting
from core.lib.heartbeat import Heartbeat
from settings_app.models import SourceContent
from settings_app.selectors import active_entries, knowledge_version

log = structlog.get_logger(__name__)
T = TypeVar("T")

MANY_UNITS = 300
"""Without known vectors; a second or more of work."""
MANY_CHARACTERS = 3_000_000
"""Of documents: too much to have in memory beside the answers."""
SEATS, APART = BoundedSemaphore(2), BoundedSemaphore(1)
"""Builds of this process at once, in it and beside it: the other hands are for answers."""
NO_ROOM_PAUSE = 5.0
PROGRESS_EVERY = 2.0

heartbeat = Heartbeat(extend_builds, seconds=settings.CLAIM_SECONDS / 3)


def build_index(*, business_id: str, apart: bool = True) -> bool:
    """Build it when it is due and nobody does; whether there was anything to do.

    Without `apart` large ones are built in this process, too.
    """
    if not SEATS.acquire(blocking=False):
        return False
    try:
        row = claim_build(business_id)
        if row is None:
            return False
        large = _build_small(row, apart=apart)
    finally:
        SEATS.release()
    if large:
        _build_apart(row)
    return True


def build_claimed(*, business_id: str, token: str) -> bool:
    """In the child: build what the parent claimed. False when that failed."""
    row = held_build(business_id, token)
    return row is not None and _guarded(row, partial(_build, row)) is not None


def _build_small(row: KnowledgeIndex, *, apart: bool) -> bool:
    """Build it here; True when it is too large for that."""

    def work() -> bool:
        if apart and _is_vast(row):
            return True
        material = _Material(row.business_id)
        if apart and len(material.fresh) > MANY_UNITS:
            return True
        _build(row, material)
        return False

    return bool(_guarded(row, work))


def _build_apart(row: KnowledgeIndex) -> None:
    if not APART.acquire(blocking=False):
        put_off_build(row, seconds=NO_ROOM_PAUSE)
        return
    try:
        with waiting():
            _guarded(row, partial(run_child, row.business_id, row.claim_token))
    finally:
        APART.release()


def _guarded(row: KnowledgeIndex, work: Callable[[], T]) -> T | None:
    """Whatever goes wrong stands in the row, and the next try comes by itself."""
    try:
        with heartbeat.keep(row.claim_token):
            return work()
    except Error:
        raise  # the database is away; the lease ends by itself
    except MemoryError:
        fail_build(row, problem="The knowledge is too large for the memory of a build.")
    except ChildFailed as failed:
        fail_build(row, problem=str(failed))
    except Exception as error:
        log.exception("index_build_failed", business_id=row.business_id)
        fail_build(row, problem=f"Building failed: {type(error).__name__}.")
    return None


class _Material:
    """What an index is made from. The version is read first: it may hold more than it says, never
    less."""

    def __init__(self, business_id: str) -> None:
        self.version = knowledge_version(business_id)
        self.sources: Sequence[Source] = live_sources(business_id)
        self.before = store.stored(business_id)
        self.fresh = fresh_units(self.sources, before=self.before)


def _is_vast(row: KnowledgeIndex) -> bool:
    """Told by counting rows, before any is read."""
    if not store.is_usable(row) and active_entries(row.business_id).count() > MANY_UNITS:
        return True
    counted = SourceContent.objects.for_business(row.business_id).filter(
        source__is_active=True, number=F("source__live")
    )
    return (counted.aggregate(all=Sum("characters"))["all"] or 0) > MANY_CHARACTERS


def _build(row: KnowledgeIndex, material: _Material | None = None) -> bool:
    material = material or _Material(row.business_id)
    progress = _Progress(row, len(material.fresh))
    known = encode_units(material.fresh, material.sources, progress.note)
    index = build(material.sources, known, material.before)
    digest, size = shelf.keep(*pack(index))
    facts = _facts(index) | {"parts": _keep_parts(row.business_id, digest)}
    if not finish_build(row, version=material.version, digest=digest, size=size, facts=facts):
        log.warning("index_claim_lost", business_id=row.business_id)
        return False
    delete_others(row.business_id, facts["parts"])
    if row.digest and row.digest != digest:
        shelf.drop(row.digest)
    release_build(row)
    log.info("index_built", business_id=row.business_id, version=material.version, size=size)
    return True


class _Progress:
    """What a page shows of a build that takes a while."""

    def __init__(self, row: KnowledgeIndex, total: int) -> None:
        self._row, self._total = row, total
        self._noted_at = time.monotonic()

    def note(self, done: int) -> None:
        if time.monotonic() - self._noted_at > PROGRESS_EVERY:
            note_progress(self._row, done=done, total=self._total)
            self._noted_at = time.monotonic()


def _keep_parts(business_id: str, digest: str) -> list[str]:
    """A builder that lost its claim may delete parts that are wanted again: then once more."""
    names = write_parts(business_id, shelf.path_of(digest))
    return (
        names if are_there(business_id, names) else write_parts(business_id, shelf.path_of(digest))
    )


def _facts(index: Index) -> dict[str, Any]:
    texts = int(index.is_text.sum())
    return {
        "entries": len(index.sources) - texts,
        "passages": texts,
        "units": index.unit_count,
        "languages": sorted(index.languages),
    }
