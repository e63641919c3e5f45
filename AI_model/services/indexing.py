"""Builds the index of a business after its knowledge changed, and keeps it in the database.

The row says what is due, and who builds holds it under a lease. An older index stays until the new
one is there as a whole. Large builds run in a process of their own, so that answers are not slowed
and the memory is given back.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import BoundedSemaphore
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import Error
from django.db.models import F, Sum

from AI_model.models import IndexPart, KnowledgeIndex
from AI_model.retrieval import shelf, store
from AI_model.retrieval.encoder import Vectors
from AI_model.retrieval.gather import live_sources
from AI_model.retrieval.index import Index, _units, build
from AI_model.retrieval.packing import pack
from AI_model.retrieval.sources import Source
from AI_model.services.index_rows import (
    claim_build,
    extend_builds,
    fail_build,
    finish_build,
    held_build,
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
        before = store.stored(business_id)
        self.known: Mapping[str, Vectors] = before.known_vectors() if before else {}
        units = dict.fromkeys(unit for source in self.sources for unit in _units(source))
        self.fresh = [unit for unit in units if unit not in self.known]


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
    index = build(material.sources, material.known)
    digest, size = shelf.keep(*pack(index))
    if digest != row.digest:
        _write_parts(row.business_id, digest)
    facts = _facts(index)
    if not finish_build(row, version=material.version, digest=digest, size=size, facts=facts):
        log.warning("index_claim_lost", business_id=row.business_id)
        return False
    old = IndexPart.objects.for_business(row.business_id).exclude(digest=digest)
    for part in old.values_list("pk", flat=True):
        IndexPart.objects.filter(pk=part).delete()
    if row.digest and row.digest != digest:
        shelf.drop(row.digest)
    release_build(row)
    log.info("index_built", business_id=row.business_id, version=material.version, size=size)
    return True


def _facts(index: Index) -> dict[str, Any]:
    texts = sum(source.kind == "text" for source in index.sources)
    return {
        "entries": len(index.sources) - texts,
        "passages": texts,
        "units": len(index.units),
        "languages": sorted(index.languages),
    }


def _write_parts(business_id: str, digest: str) -> None:
    """One statement each: a writer that waits for the database gets in between."""
    for position, data in enumerate(shelf.parts_of(digest)):
        part = IndexPart(business_id=business_id, digest=digest, position=position, data=data)
        IndexPart.objects.bulk_create([part], ignore_conflicts=True)
