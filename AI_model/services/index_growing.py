"""A large index grows: what is ready can be found while the rest is still being read.

Each step is kept as a whole. Until it is complete, the index is of the version before, or of none;
what changed and is not read yet stands in it as it was. So a build that is killed loses one step,
and an edit in the middle of it waits for seconds, not for its end.
"""

from collections.abc import Iterable, Iterator, Sequence

from AI_model.models import KnowledgeIndex
from AI_model.retrieval.gather import first_sources
from AI_model.retrieval.index import are_english, build, unread_units
from AI_model.retrieval.sources import Source
from AI_model.retrieval.units import AT_ONCE, Unit, encode
from AI_model.services.index_material import Material, Progress, keep_index
from AI_model.services.index_rows import release_build
from settings_app.selectors import knowledge_version

MANY_UNITS = 300
"""Without known vectors; a second or more of work."""
FIRST_SOURCES = 60
FIRST_UNITS = AT_ONCE
LEAST_STEP = AT_ONCE
"""Units. A step doubles the index, so that all of them together cost about as much as the last."""


def keep_first(row: KnowledgeIndex) -> bool:
    """For a business without an index: one of what comes first, in a second or so."""
    sources = first_sources(row.business_id, FIRST_SOURCES)
    is_english = are_english(sources)
    unread = unread_units(sources, is_english=is_english)
    texts = next(_batches(unread.values(), (), FIRST_UNITS), [])
    known = encode(texts, is_english=is_english)
    ready = [source for n, source in enumerate(sources) if known.keys() >= {*unread.get(n, ())}]
    return not ready or keep_index(row, build(ready, known, is_english=is_english))


class Growing:
    """One build in steps. `known` = what was read since the last step was kept."""

    def __init__(self, row: KnowledgeIndex) -> None:
        self.row = row
        self.progress = Progress(row)
        self.known: dict[str, Unit] = {}
        self.seen: frozenset[Source] = frozenset()
        self.read = 0

    def run(self) -> bool:
        """False when the claim was lost."""
        version = None
        while True:
            material = Material(self.row.business_id, self.known)
            is_edited = version not in (None, material.version)
            version = material.version
            waiting = self._read(material, is_edited=is_edited)
            if not waiting:
                return self._finish(material)
            if (is_edited or self._is_step(material)) and not self._keep(material, waiting):
                return False

    def _read(self, material: Material, *, is_edited: bool) -> set[int]:
        """Until a step is full or the knowledge changes; after a change first what is new in it,
        and no more. The sources that are left."""
        total = self.read + len(material.fresh)
        for texts in _batches(self._chosen(material, is_edited=is_edited), self.known, AT_ONCE):
            self.known |= encode(texts, is_english=material.is_english)
            self.read += len(texts)
            self.progress.note(self.read, total)
            if (
                self._is_step(material)
                or knowledge_version(material.business_id) != material.version
            ):
                break
        self.seen = frozenset(material.sources)
        unread = material.unread.items()
        return {number for number, texts in unread if not self.known.keys() >= {*texts}}

    def _chosen(self, material: Material, *, is_edited: bool) -> list[list[str]]:
        """What was found before comes first: of another language mix it has to be read again."""
        old, sources = material.old, material.sources
        order = sorted(material.unread, key=lambda number: sources[number].id not in old)
        return [
            material.unread[number]
            for number in order
            if not is_edited or sources[number] not in self.seen
        ]

    def _is_step(self, material: Material) -> bool:
        held = material.before.unit_count if material.before else 0
        return len(self.known) >= max(LEAST_STEP, held)

    def _keep(self, material: Material, waiting: set[int]) -> bool:
        index = build(
            list(_ready(material, waiting)),
            self.known,
            material.before,
            is_english=material.is_english,
        )
        self.known = {}
        return keep_index(self.row, index)

    def _finish(self, material: Material) -> bool:
        afresh = self.read > MANY_UNITS
        index = build(
            material.sources,
            self.known,
            material.before,
            is_english=material.is_english,
            afresh=afresh,
        )
        kept = keep_index(self.row, index, version=material.version)
        release_build(self.row)
        return kept


def _ready(material: Material, waiting: set[int]) -> Iterator[Source]:
    """The sources that can be found now; those that wait as they were before, if they were."""
    for number, source in enumerate(material.sources):
        if number not in waiting:
            yield source
        elif source.id in material.old:
            yield material.old[source.id]


def _batches(
    groups: Iterable[Sequence[str]], known: Iterable[str], size: int
) -> Iterator[list[str]]:
    """The texts in stretches of about this size, each text once, no group parted."""
    seen, batch = set(known), list[str]()
    for texts in groups:
        batch += [text for text in texts if text not in seen]
        seen |= {*texts}
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
