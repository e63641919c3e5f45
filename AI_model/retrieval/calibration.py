"""The few numbers of the search, fitted on public question sets and held here in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from AI_model.retrieval.asked import Tongue
    from AI_model.retrieval.ranking import Features

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each measure counts for in the order of the sources, then in how sure the first is."""

    pieces: float = 0.0
    english: float = 0.0
    world: float = 0.0
    words: float = 0.0
    letters: float = 0.0
    learned: float = 0.0
    crowding: float = 0.0
    slope: float = 1.0
    middle: float = 0.0
    lead: float = 0.0
    generic: float = 0.0


LEARNED = Weights(pieces=2.7, learned=1.35, words=0.5, crowding=-4.0, middle=7.0)
PLAIN = Weights(pieces=3.0, words=0.5, english=2.0, world=1.2, crowding=-4.0, middle=9.0)
TEXT = Weights(pieces=3.0, english=3.0, world=1.0, words=3.0, letters=2.0, middle=9.0)
WORLD = Weights(world=5.8, letters=4.0, words=1.0, middle=8.0)
WORLD_TEXT = Weights(world=5.0, letters=4.0, words=4.0, middle=8.0)
FOREIGN = Weights(world=8.0, letters=1.0, middle=8.0)

# About 2, 5 and 10 in a hundred questions that no entry answers score at least this.
THRESHOLDS: Mapping[str, float] = {"careful": 0.80, "balanced": 0.70, "bold": 0.57}
OFFERS: Mapping[str, float] = {"careful": 0.50, "balanced": 0.40, "bold": 0.30}


def scores(found: "Features", *, tongue: "Tongue") -> Floats:
    """How surely each candidate answers, 0..1, and first by how well it fits."""
    learned = bool(found.learned.any())
    entry, text = _weights(learned=learned, tongue=tongue)
    fit = np.where(found.is_text, _fit(found, text), _fit(found, entry))
    result: Floats = (1 / (1 + np.exp(-fit))).astype(np.float32)
    return result


def _weights(*, learned: bool, tongue: "Tongue") -> tuple[Weights, Weights]:
    if tongue == "foreign":
        return FOREIGN, FOREIGN
    if tongue == "own":
        return WORLD, WORLD_TEXT
    return (LEARNED if learned else PLAIN), TEXT


def _fit(found: "Features", weights: Weights) -> Floats:
    fit: Floats = (
        weights.pieces * found.pieces
        + weights.english * found.english
        + weights.world * found.world
        + weights.words * found.words
        + weights.letters * found.letters
        + weights.learned * found.learned
        + weights.crowding * found.crowding
        - weights.middle
    )
    return fit
