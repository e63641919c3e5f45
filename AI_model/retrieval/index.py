"""The searchable form of a business's knowledge. Pure: texts in, ranked passages out.

All that an index holds is arrays of numbers and a few facts, so that it can be kept as bytes and
mapped from a file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from AI_model.providers.base import Passage
from AI_model.retrieval import building
from AI_model.retrieval.building import Array
from AI_model.retrieval.lexical import Postings
from AI_model.retrieval.packed import PackedSources
from AI_model.retrieval.reuse import Before
from AI_model.retrieval.sources import Source
from AI_model.retrieval.units import AT_ONCE, Known, Unit, encode, units_of

_units = units_of
# Questions longer than this are read up to here.
MAX_QUESTION = 1_000


@dataclass(frozen=True, slots=True)
class Index:
    """Sources with one or more units (phrasings or sentences) each; `starts` = their first ones."""

    sources: Sequence[Source]
    held: Mapping[str, Array]
    languages: frozenset[str]
    is_english: bool
    words: Postings
    letters: Postings
    centres: NDArray[np.float32] = field(repr=False)

    @property
    def starts(self) -> NDArray[np.int32]:
        return self.held["starts"]

    @property
    def is_text(self) -> NDArray[np.bool_]:
        return self.held["is_text"]

    @property
    def unit_count(self) -> int:
        return len(self.held["world"])

    @property
    def units(self) -> list[str]:
        """The texts that were encoded, in order."""
        return [
            unit for source in self.sources for unit in units_of(source, is_english=self.is_english)
        ]

    def known_vectors(self) -> dict[str, Unit]:
        """What each unit was encoded to, so that the next version need not compute it again."""
        return building.known_units(self.held, self.units, is_english=self.is_english)

    def arrays(self) -> dict[str, Array]:
        return dict(self.held)

    def facts(self) -> dict[str, Any]:
        return {"languages": sorted(self.languages), "is_english": self.is_english}

    @classmethod
    def restore(cls, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> "Index":
        """From what `arrays` and `facts` gave; the arrays may be read-only. KeyError."""
        sources = PackedSources(arrays["sources"], arrays["source_ends"])
        return cls(
            sources=sources,
            held=dict(arrays),
            languages=frozenset(facts["languages"]),
            is_english=bool(facts["is_english"]),
            words=Postings.restore(arrays, "words_", len(sources)),
            letters=Postings.restore(arrays, "letters_", len(sources)),
            centres=arrays["centres"].astype(np.float32),
        )


def build(
    sources: Sequence[Source],
    known: Known | None = None,
    before: Index | None = None,
    *,
    is_english: bool | None = None,
    afresh: bool = False,
) -> Index:
    """Index the sources. `known` spares the encoders the texts they have already seen, `before`
    all work on sources that it holds unchanged; but with `afresh` they are weighed anew, which
    takes the square of their number. `is_english` where more than these sources settled it."""
    built = building.build(
        sources, known or {}, _held(before), is_english=is_english, afresh=afresh
    )
    return Index.restore(*built)


def unread_units(
    sources: Sequence[Source],
    known: Known | None = None,
    before: Index | None = None,
    *,
    is_english: bool | None = None,
) -> dict[int, list[str]]:
    """The texts that an encoder would have to read for an index of the sources, by the number of
    the source; none for those that have none."""
    return building.unread(sources, known or {}, _held(before), is_english=is_english)


def fresh_units(
    sources: Sequence[Source], known: Known | None = None, before: Index | None = None
) -> list[str]:
    """The same texts, each once."""
    found = unread_units(sources, known, before)
    return list(dict.fromkeys(text for texts in found.values() for text in texts))


def encode_units(
    texts: Sequence[str], *, is_english: bool, note: Callable[[int], None]
) -> dict[str, Unit]:
    """What the encoders make of these texts; `note` hears how many are done."""
    found: dict[str, Unit] = {}
    for start in range(0, len(texts), AT_ONCE):
        found |= encode(texts[start : start + AT_ONCE], is_english=is_english)
        note(len(found))
    return found


def are_english(sources: Sequence[Source]) -> bool:
    """Whether they are read with the encoder for English, too."""
    return building.are_english(sources)


def _held(before: Index | None) -> Before | None:
    return Before(before.held, before.is_english) if before else None


def search(
    index: Index, question: str, *, limit: int = 5, today: date | None = None
) -> list[Passage]:
    """The best sources, best first, each scored 0..1 by how surely it answers.

    With `today`, a day in the business's zone, only sources that count on it.
    """
    from AI_model.retrieval.ranking import rank

    question = question.strip()[:MAX_QUESTION]
    if not len(index.sources) or not question:
        return []
    return [_passage(index.sources[n], score) for n, score in rank(index, question, limit, today)]


def _passage(source: Source, score: float) -> Passage:
    return Passage(
        id=source.id,
        kind=source.kind,
        title=source.title,
        text=source.text,
        answer=source.answer,
        score=round(score, 5),
    )
