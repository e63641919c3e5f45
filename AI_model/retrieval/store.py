"""The indexes that this process answers from, mapped from files, the least used ones dropped.

Only a draft's index is built here. `version` in the calls is the business's `knowledge_version`,
for those who know it already; without it, it is read.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import structlog
from django.utils import timezone

from accounts.models import Business
from AI_model.models import KnowledgeIndex
from AI_model.retrieval import shelf
from AI_model.retrieval.blob import DamagedBlob
from AI_model.retrieval.gather import drafted_sources
from AI_model.retrieval.index import Index, build
from AI_model.retrieval.layout import LAYOUT
from AI_model.retrieval.packing import unpack
from AI_model.retrieval.parts import PartsGone, read_parts
from AI_model.retrieval.search import IndexNotReady
from AI_model.signals import index_awaited
from core.lib.clock import Deadline
from core.lib.hands import waiting
from settings_app.selectors import knowledge_version

log = structlog.get_logger(__name__)

MAX_INDEXES = 64
MAX_BYTES = 200 * 1024 * 1024
LOOK_EVERY = 1.0
"""Seconds between two looks for a newer index, while answers are made from an older one."""
PATIENCE = 4.0
"""Seconds that an answer waits for a business's first index."""
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.25
TRIES = 3
"""To load an index, while newer ones take its place."""
TOO_OFTEN = 3
"""Builds that failed: nobody waits for the next one."""


@dataclass(slots=True)
class Loaded:
    """An index as of a version of the knowledge."""

    version: int
    digest: str
    size: int
    index: Index
    is_dated: bool = False
    looked_for: int = 0
    looked_at: float = field(default_factory=time.monotonic)

    @property
    def is_partial(self) -> bool:
        """A first index that is growing: what it lacks may be known all the same."""
        return bool(self.digest) and not self.version

    def may_be_older(self, version: int) -> bool:
        """Whether to look for a newer one: at once for each new version, then now and then."""
        if self.version >= version:
            return False
        now = time.monotonic()
        if self.looked_for == version and now - self.looked_at < LOOK_EVERY:
            return False
        self.looked_for, self.looked_at = version, now
        return True


_loaded: OrderedDict[str, Loaded] = OrderedDict()
_loading: dict[str, threading.RLock] = {}
_lock = threading.Lock()


def index_of(business_id: str, version: int | None = None) -> Index:
    """The latest index that was built; waits a while where there is none yet. IndexNotReady."""
    found = loaded(business_id, version)
    if found.is_partial:
        raise IndexNotReady(business_id)
    return found.index


def index_or_none(business_id: str, version: int | None = None) -> Index | None:
    """The same without waiting."""
    found = _latest(business_id, _version(business_id, version))
    return found.index if found and not found.is_partial else None


def is_ready(business_id: str, version: int | None = None) -> bool:
    """Whether answers would be made from just this version, or a later one."""
    wanted = _version(business_id, version)
    found = _latest(business_id, wanted)
    return found is not None and found.version >= wanted


def loaded(business_id: str, version: int | None = None) -> Loaded:
    """What answers are made from: `index_of`, or as much of a first index as there is."""
    wanted = _version(business_id, version)
    return _latest(business_id, wanted) or _wait(business_id, wanted)


def day_that_counts(found: Loaded, business_id: str) -> date | None:
    """Today in the business's zone; None, for which nothing is read, where nothing has days."""
    return local_date(business_id) if found.is_dated else None


def local_date(business_id: str) -> date:
    zones = Business.objects.filter(pk=business_id).values_list("timezone", flat=True)
    return timezone.localdate(timezone=ZoneInfo(zones.first() or "UTC"))


def draft_index(business_id: str) -> Index:
    """The index that publishing the draft would make; known vectors are not computed again."""
    found = _latest(business_id, knowledge_version(business_id))
    return build(drafted_sources(business_id), before=found.index if found else None)


def stored(business_id: str) -> Index | None:
    """The index in the database, however old, past what this process answers from."""
    found = _load(business_id)
    return found.index if found else None


def _version(business_id: str, version: int | None) -> int:
    return knowledge_version(business_id) if version is None else version


def _latest(business_id: str, version: int) -> Loaded | None:
    if version == 0:
        return Loaded(0, "", 0, _empty())
    held = _held(business_id)
    if held is None or held.may_be_older(version):
        return _look(business_id, version)
    return held


def _look(business_id: str, version: int, *, ring: bool = True) -> Loaded | None:
    """Load what there is now. Of many threads one does; the others go on with what they have."""
    lock, held = _lock_of(business_id), _held(business_id)
    if not lock.acquire(blocking=held is None):
        return held
    try:
        held = _held(business_id)
        if held is not None and held.version >= version:
            return held
        if not _is_current(row := _row(business_id), version) and ring:
            index_awaited.send(sender=KnowledgeIndex, business_id=business_id, damaged="")
            row = _row(business_id)
        return _renew(business_id, row, held)
    finally:
        lock.release()


def _is_current(row: KnowledgeIndex | None, version: int) -> bool:
    return row is not None and row.version >= version and is_usable(row)


def is_usable(row: KnowledgeIndex) -> bool:
    return bool(row.digest) and row.layout == LAYOUT


def _renew(business_id: str, row: KnowledgeIndex | None, held: Loaded | None) -> Loaded | None:
    if row is None or not is_usable(row):
        return held
    if held is not None and held.digest == row.digest:
        held.version = row.version
        return held
    found = _load(business_id)
    if found is None:
        return held
    _hold(business_id, found)
    return found


def _load(business_id: str) -> Loaded | None:
    """None when there is none, or a damaged one, which is then built again."""
    failure = "", ""
    for _ in range(TRIES):
        row = _row(business_id)
        if row is None or not is_usable(row):
            return None
        try:
            blob = shelf.read(row.digest, partial(read_parts, business_id, row.parts))
            index = unpack(blob)
            return Loaded(row.version, row.digest, blob.size, index, _is_dated(index))
        except (PartsGone, DamagedBlob) as error:
            failure = row.digest, repr(error)
    damaged, reason = failure
    log.error("index_damaged", business_id=business_id, reason=reason)
    index_awaited.send(sender=KnowledgeIndex, business_id=business_id, damaged=damaged)
    return None


def _is_dated(index: Index) -> bool:
    first, last = index.held["days"].T
    return bool((first > 0).any() or (last < np.iinfo(np.int32).max).any())


@cache
def _empty() -> Index:
    return build(())


def _row(business_id: str) -> KnowledgeIndex | None:
    return KnowledgeIndex.objects.for_business(business_id).first()


def _wait(business_id: str, version: int) -> Loaded:
    until, pause = Deadline.after(PATIENCE), FIRST_PAUSE
    while not until.passed and not _is_hopeless(business_id):
        with waiting():
            time.sleep(min(pause, until.remaining()))
        if (found := _look(business_id, version, ring=False)) is not None:
            return found
        pause = min(pause * 1.5, LONGEST_PAUSE)
    log.warning("index_not_ready", business_id=business_id, version=version)
    raise IndexNotReady(business_id)


def _is_hopeless(business_id: str) -> bool:
    row = _row(business_id)
    return row is not None and bool(row.problem) and row.attempts >= TOO_OFTEN


def _held(business_id: str) -> Loaded | None:
    with _lock:
        held = _loaded.get(business_id)
        if held is not None:
            _loaded.move_to_end(business_id)
        return held


def _hold(business_id: str, found: Loaded) -> None:
    """Keep it, and drop the least recently used ones that are too many or too much."""
    with _lock:
        _loaded[business_id] = found
        _loaded.move_to_end(business_id)
        while len(_loaded) > 1 and _is_too_much():
            gone, _ = _loaded.popitem(last=False)
            _loading.pop(gone, None)


def _is_too_much() -> bool:
    return len(_loaded) > MAX_INDEXES or sum(one.size for one in _loaded.values()) > MAX_BYTES


def _lock_of(business_id: str) -> Any:
    with _lock:
        return _loading.setdefault(business_id, threading.RLock())
