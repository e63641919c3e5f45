"""The searchable form of a business's knowledge. Pure: texts in, ranked passages out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from AI_model.providers.base import Passage
from AI_model.retrieval.calibration import FOREIGN_WEIGHTS, LEAD, WEIGHTS, confidence
from AI_model.retrieval.encoder import Vectors, encode
from AI_model.retrieval.language import guess_language, languages_of
from AI_model.retrieval.lexical import Floats, LetterMatcher, WordMatcher
from AI_model.retrieval.sources import STEP, Source, sentences

# Questions longer than this are read up to here.
MAX_QUESTION = 1_000


@dataclass(frozen=True, slots=True)
class Index:
    """Sources with one or more units (phrasings or sentences) each; `starts` = their first ones."""

    sources: Sequence[Source]
    starts: NDArray[np.intp]
    units: Sequence[str]
    vectors: Vectors
    centres: Vectors
    words: WordMatcher
    letters: LetterMatcher
    languages: frozenset[str]

    def known_vectors(self) -> dict[str, Vectors]:
        """The vector of each unit, so that the next version need not compute it again."""
        return dict(zip(self.units, self.vectors, strict=True))


def build(sources: Sequence[Source], known: Mapping[str, Vectors] | None = None) -> Index:
    """Index the sources. `known` spares the encoder the texts it has already seen."""
    units = [_units(source) for source in sources]
    flat = [unit for group in units for unit in group]
    starts = np.cumsum([0, *(len(group) for group in units)])[:-1].astype(np.intp)
    vectors = _vectors(flat, known or {})
    return Index(
        sources=tuple(sources),
        starts=starts,
        units=tuple(flat),
        vectors=vectors,
        centres=_centres(vectors, starts),
        words=WordMatcher([" ".join(group) for group in units]),
        letters=LetterMatcher(flat),
        languages=languages_of(flat),
    )


def _units(source: Source) -> list[str]:
    if source.kind == "entry":
        return list(source.phrasings)
    heading = source.title.rsplit(STEP, 1)[-1]
    return [heading, *sentences(source.text)]


def _vectors(texts: Sequence[str], known: Mapping[str, Vectors]) -> Vectors:
    fresh = [text for text in dict.fromkeys(texts) if text not in known]
    found = {**known, **dict(zip(fresh, encode(fresh), strict=True))}
    return np.stack([found[text] for text in texts]) if texts else encode([])


def _centres(vectors: Vectors, starts: NDArray[np.intp]) -> Vectors:
    if not len(starts):
        return vectors
    sums = np.add.reduceat(vectors, starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    centres: Vectors = sums / np.maximum(lengths, 1e-9)
    return centres


def search(index: Index, question: str, *, limit: int = 5) -> list[Passage]:
    """The best sources, best first, each scored 0..1 by how surely it answers."""
    question = question.strip()[:MAX_QUESTION]
    if not index.sources or not question:
        return []
    foreign = _is_foreign(question, index.languages)
    raw = _match(index, question, foreign=foreign)
    order = np.argsort(-raw, kind="stable")[: max(limit, 1)]
    lead = float(raw[order[0]] - raw[order[1]]) if len(order) > 1 else 0.0
    matches = [float(raw[n]) + (LEAD * lead if place == 0 else 0) for place, n in enumerate(order)]
    return [
        _passage(index.sources[n], confidence(match, foreign=foreign))
        for n, match in zip(order, matches, strict=True)
    ][:limit]


def _is_foreign(question: str, languages: frozenset[str]) -> bool:
    guess = guess_language(question)
    return bool(guess and languages and guess not in languages)


def _match(index: Index, question: str, *, foreign: bool) -> Floats:
    weights = FOREIGN_WEIGHTS if foreign else WEIGHTS
    vector = encode([question])[0]
    raw = weights.nearest * _best_unit(index, index.vectors @ vector)
    raw += weights.centre * (index.centres @ vector)
    if not foreign:
        raw += weights.words * index.words.match(question)
        raw += weights.letters * _best_unit(index, index.letters.match(question))
    return raw


def _best_unit(index: Index, scores: Floats) -> Floats:
    best: Floats = np.maximum.reduceat(scores, index.starts)
    return best


def _passage(source: Source, score: float) -> Passage:
    return Passage(
        id=source.id,
        kind=source.kind,
        title=source.title,
        text=source.text,
        answer=source.answer,
        score=round(score, 5),
    )
