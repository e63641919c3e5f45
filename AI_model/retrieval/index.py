"""The searchable form of a business's knowledge. Pure: texts in, ranked passages out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from AI_model.providers.base import Passage
from AI_model.retrieval.calibration import (
    FOREIGN_LANGUAGE,
    OWN_LANGUAGE,
    Scale,
    log_odds,
    probability,
)
from AI_model.retrieval.encoder import Vectors, encode
from AI_model.retrieval.language import guess_language, languages_of
from AI_model.retrieval.lexical import Floats, LetterMatcher, WordMatcher, words
from AI_model.retrieval.sources import STEP, Source, sentences

# Questions longer than this are read up to here.
MAX_QUESTION = 1_000
# So many words, none of which the knowledge knows, are another language rather than typos.
FEWEST_UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Index:
    """Sources with one or more units (phrasings or sentences) each; `starts` = their first ones."""

    sources: Sequence[Source]
    is_text: NDArray[np.bool_]
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
        is_text=np.array([source.kind == "text" for source in sources], dtype=np.bool_),
        starts=starts,
        units=tuple(flat),
        vectors=vectors,
        centres=_centres(vectors, starts),
        words=WordMatcher([" ".join(_all_words(source)) for source in sources]),
        letters=LetterMatcher(flat),
        languages=languages_of(flat),
    )


def _units(source: Source) -> list[str]:
    if source.kind == "entry":
        return list(source.phrasings)
    heading = source.title.rsplit(STEP, 1)[-1]
    return [heading, *sentences(source.text)]


def _all_words(source: Source) -> list[str]:
    """An answer's own words count too: “Norway” may stand only there."""
    return [source.title, *source.phrasings, source.text]


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
    scale = FOREIGN_LANGUAGE if _is_foreign(index, question) else OWN_LANGUAGE
    odds = log_odds(_match(index, question, scale), index.is_text, scale)
    order = np.argsort(-odds, kind="stable")
    if len(order) > 1:
        odds[order[0]] += scale.lead * (odds[order[0]] - odds[order[1]])
    return [_passage(index.sources[n], probability(float(odds[n]))) for n in order[:limit]]


def _is_foreign(index: Index, question: str) -> bool:
    """Asked in a language that the knowledge is not written in."""
    guess = guess_language(question)
    if guess:
        return bool(index.languages) and guess not in index.languages
    asked = [word for word in words(question) if len(word) > 1]
    return len(asked) >= FEWEST_UNKNOWN and not any(index.words.knows(word) for word in asked)


def _match(index: Index, question: str, scale: Scale) -> Floats:
    vector = encode([question])[0]
    raw = scale.nearest * _best_unit(index, index.vectors @ vector)
    raw += scale.centre * (index.centres @ vector)
    if scale.words or scale.letters:
        raw += scale.words * index.words.match(question)
        raw += scale.letters * _best_unit(index, index.letters.match(question))
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
