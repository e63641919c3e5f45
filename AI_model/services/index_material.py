"""What an index is made from, and keeping one that was made."""

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import structlog

from AI_model.models import KnowledgeIndex
from AI_model.retrieval import shelf, store
from AI_model.retrieval.gather import live_sources
from AI_model.retrieval.index import Index, are_english, unread_units
from AI_model.retrieval.packing import pack
from AI_model.retrieval.parts import are_there, delete_others, write_parts
from AI_model.retrieval.sources import Source
from AI_model.retrieval.units import Known
from AI_model.services.index_rows import finish_build, grow_build, note_progress
from settings_app.selectors import knowledge_version

log = structlog.get_logger(__name__)

PROGRESS_EVERY = 2.0


class Material:
    """The knowledge as it stands, and what of it no encoder has read: `unread`, by the number of
    the source. The version is read first: there may be more than it says, never less."""

    def __init__(self, business_id: str, known: Known | None = None) -> None:
        self.business_id = business_id
        self.version = knowledge_version(business_id)
        self.sources: Sequence[Source] = live_sources(business_id)
        self.before = store.stored(business_id)
        self.is_english = are_english(self.sources)
        self.unread = unread_units(self.sources, known, self.before, is_english=self.is_english)

    @property
    def fresh(self) -> list[str]:
        """The texts to be read, each once."""
        return list(dict.fromkeys(text for texts in self.unread.values() for text in texts))

    @cached_property
    def old(self) -> dict[str, Source]:
        """The sources of the index before, by id."""
        return {source.id: source for source in self.before.sources} if self.before else {}


class Progress:
    """What a page shows of a build that takes a while."""

    def __init__(self, row: KnowledgeIndex) -> None:
        self._row, self._noted_at = row, time.monotonic()

    def note(self, done: int, total: int) -> None:
        if time.monotonic() - self._noted_at > PROGRESS_EVERY:
            note_progress(self._row, done=done, total=total)
            self._noted_at = time.monotonic()


def keep_index(row: KnowledgeIndex, index: Index, *, version: int | None = None) -> bool:
    """Answers are made from it from now on. Without a version it holds a part of the knowledge, and
    the build goes on. False when the claim was lost."""
    digest, size = shelf.keep(*pack(index))
    facts = _facts(index) | {"parts": _keep_parts(row.business_id, digest)}
    if not _settle(row, version, {"digest": digest, "size": size, "facts": facts}):
        log.warning("index_claim_lost", business_id=row.business_id)
        return False
    delete_others(row.business_id, facts["parts"])
    if row.digest and row.digest != digest:
        shelf.drop(row.digest)
    row.digest, row.facts = digest, facts
    log.info("index_kept", business_id=row.business_id, version=version, size=size)
    return True


def _settle(row: KnowledgeIndex, version: int | None, made: Mapping[str, Any]) -> bool:
    if version is None:
        return grow_build(row, **made)
    return finish_build(row, version=version, **made)


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
