"""A question as the index's measures see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval import bank, encoder, english
from AI_model.retrieval.encoder import Vectors
from AI_model.retrieval.index import Index
from AI_model.retrieval.language import chances
from AI_model.retrieval.lexical import match_letters, match_words, words
from AI_model.retrieval.noise import without_noise
from AI_model.retrieval.normalise import as_question

Floats = NDArray[np.float32]

LEAST_ENGLISH = 0.1
LEAST_SHARE = 0.2
"""English knowledge takes a question for English that is English with this chance, or with this
share of the likeliest language's chance."""
SURE = 0.6
"""But not when it is another language with this chance."""
FEWEST_WORDS = 3
"""Fewer words without foreign letters are mostly names and fragments, which fit any language."""
MOST_UNKNOWN = 0.5
"""The share of a question's words that knowledge in its own language may not know."""

Tongue = Literal["english", "own", "foreign"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A place in each encoder's space, before the business's own mean is taken off.

    No pieces and no English place where question or knowledge are not English. `words`,
    `letters`: one match per source.
    """

    tongue: Tongue
    world: Vectors
    english: Vectors | None
    pieces: NDArray[np.int32]
    piece_rows: Vectors
    words: Floats
    letters: Floats


def read(index: Index, question: str) -> Asked:
    question = without_noise(question, index.words.__contains__)
    tongue = tongue_of(index, question)
    with_english = tongue == "english"
    text = as_question(question, english=with_english) or question
    known, own = bank.load(), english.read([text])[0] if with_english else None
    return Asked(
        tongue=tongue,
        world=known.centre_world(encoder.encode([text]))[0],
        english=known.centre_english(own.vector[None])[0] if own else None,
        pieces=own.pieces if own else np.zeros(0, np.int32),
        piece_rows=known.shorten_pieces(own.rows) if own else np.zeros((0, bank.AXES), np.float32),
        words=match_words(index.words, question),
        letters=_letters(index, text, with_english=with_english),
    )


def _letters(index: Index, text: str, *, with_english: bool) -> Floats:
    """Not matched where the regression reads English entries: they would count for nothing."""
    if with_english and len(index.held["classes"]) == len(index.sources):
        return np.zeros(len(index.sources), np.float32)
    return match_letters(index.letters, text, index.is_text)


def tongue_of(index: Index, question: str) -> Tongue:
    """Whether a question is in the language of the knowledge, and whether that is English."""
    asked = [word for word in words(question) if len(word) > 1]
    likely = chances(question)
    if index.is_english and _may_be_english(question, asked, likely):
        return "english"
    if next(iter(likely), "") in index.languages:
        return "own"
    unknown = sum(word not in index.words for word in asked)
    return "foreign" if unknown > len(asked) * MOST_UNKNOWN else "own"


def _may_be_english(question: str, asked: list[str], likely: Mapping[str, float]) -> bool:
    if not likely or (len(asked) < FEWEST_WORDS and question.isascii()):
        return True
    english, most = likely["en"], max(likely.values())
    if english < most and most >= SURE:
        return False
    return english >= LEAST_ENGLISH or english >= most * LEAST_SHARE
