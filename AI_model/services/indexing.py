"""Builds the index of a business after its knowledge changed, and keeps it in the database.

The row says what is due, and who builds holds it under a lease. An older index stays until a new
one is there. Large builds run in a process of their own, so that answers are not slowed and the
memory is given back, and in steps; where there is no index yet a small one comes first.
"""

from collections.abc import Callable
from functools import partial
from threading import BoundedSemaphore
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import Error
from django.db.models import F, Sum

from AI_model.models import KnowledgeIndex
from AI_model.retrieval import store
from AI_model.retrieval.index import build, encode_units
from AI_model.services.index_growing import MANY_UNITS, Growing, keep_first
from AI_model.services.index_material import Material, Progress, keep_index
from AI_model.services.index_rows import (
    claim_build,
    extend_builds,
    fail_build,
    held_build,
    put_off_build,
    release_build,
)
from AI_model.services.indexing_child import ChildFailed, run_child
from core.lib.hands import waiting
from core.lib.heartbeat import Heartbeat
from settings_app.models import SourceContent
from settings_app.selectors import active_entries

log = structlog.get_logger(__name__)
T = TypeVar("T")

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
    return row is not None and _guarded(row, Growing(row).run) is not None


def _build_small(row: KnowledgeIndex, *, apart: bool) -> bool:
    """Build it here; True when it is too large for that."""

    def work() -> bool:
        material = None if apart and _is_vast(row) else Material(row.business_id)
        if material is not None and not (apart and len(material.fresh) > MANY_UNITS):
            _build(row, material)
            return False
        return store.is_usable(row) or keep_first(row)

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


def _is_vast(row: KnowledgeIndex) -> bool:
    """Told by counting rows, before any is read."""
    entries, is_usable = active_entries(row.business_id), store.is_usable(row)
    held = row.facts.get("entries", 0) if is_usable else 0
    if entries.count() - held > MANY_UNITS:
        return True
    if is_usable and entries.filter(updated_at__gte=row.built_at).count() > MANY_UNITS:
        return True
    counted = SourceContent.objects.for_business(row.business_id).filter(
        source__is_active=True, number=F("source__live")
    )
    return (counted.aggregate(all=Sum("characters"))["all"] or 0) > MANY_CHARACTERS


def _build(row: KnowledgeIndex, material: Material) -> bool:
    progress, fresh = Progress(row), material.fresh
    known = encode_units(
        fresh, is_english=material.is_english, note=lambda done: progress.note(done, len(fresh))
    )
    index = build(material.sources, known, material.before, is_english=material.is_english)
    kept = keep_index(row, index, version=material.version)
    release_build(row)
    return kept
