"""The indexes of the businesses that this process has answered for lately."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from AI_model.retrieval.index import Index, build
from AI_model.retrieval.sources import Source, entry_source, pair_sources, text_sources
from settings_app.selectors import active_entries, knowledge_version, published_prompts

MAX_INDEXES = 64


@dataclass(frozen=True, slots=True)
class Held:
    version: int
    index: Index


_indexes: OrderedDict[str, Held] = OrderedDict()
_building: dict[str, threading.Lock] = {}
_lock = threading.Lock()


def index_of(business_id: str) -> Index:
    """The business's index as of its present knowledge; one build at a time per business."""
    version = knowledge_version(business_id)
    if (held := _held(business_id)) and held.version == version:
        return held.index
    with _build_lock(business_id):
        held = _held(business_id)
        if held and held.version >= version:
            return held.index
        known = held.index.known_vectors() if held else None
        # Read after the version: an index may be newer than it says, never older.
        index = build(read_sources(business_id), known)
        _hold(business_id, Held(version, index))
        return index


def read_sources(business_id: str) -> list[Source]:
    """All that a business's answers may be made from."""
    sources = [
        entry_source(
            entry_id=entry.pk,
            question=entry.question,
            phrasings=entry.phrasings,
            answer=entry.answer,
        )
        for entry in active_entries(business_id).iterator()
    ]
    if (prompts := published_prompts(business_id)) is not None:
        sources += pair_sources(prompts.question_answer)
        sources += text_sources(prompts.knowledge_source, title="Company")
        sources += text_sources(prompts.product_service, title="Products and services")
    return list({source.id: source for source in sources}.values())


def _held(business_id: str) -> Held | None:
    with _lock:
        held = _indexes.get(business_id)
        if held is not None:
            _indexes.move_to_end(business_id)
        return held


def _hold(business_id: str, held: Held) -> None:
    with _lock:
        _indexes[business_id] = held
        _indexes.move_to_end(business_id)
        while len(_indexes) > MAX_INDEXES:
            _indexes.popitem(last=False)


def _build_lock(business_id: str) -> threading.Lock:
    with _lock:
        return _building.setdefault(business_id, threading.Lock())
