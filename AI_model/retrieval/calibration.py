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
    """What each measure counts for.

    `crowding` only for the order: a source in a crowded place is close to many questions by chance.
    `phrasings` only for the odds: the regression is the surer the more examples it had (per natural
    logarithm of their number). `beside` only for texts: what the texts that follow the best one fit
    on average, so that a question about what every page of a business is about is no answered one.
    The rest together, times `slope` and less `middle`, are the log odds
    that the source answers.
    """

    pieces: float = 0.0
    english: float = 0.0
    world: float = 0.0
    words: float = 0.0
    letters: float = 0.0
    learned: float = 0.0
    crowding: float = 0.0
    phrasings: float = 0.0
    beside: float = 0.0
    slope: float = 1.0
    middle: float = 0.0


# English questions to English knowledge: entries with and without a regression, and texts.
LEARNED = Weights(
    pieces=2.3, learned=1.38, words=0.3, crowding=-3.6, phrasings=-1.0, slope=0.66, middle=5.3
)
PLAIN = Weights(
    pieces=3.0, english=2.0, world=1.4, words=0.3, crowding=-4.0, slope=0.61, middle=6.04
)
TEXT = Weights(
    pieces=4.0,
    english=2.0,
    world=0.3,
    words=0.5,
    letters=0.5,
    beside=-0.5,
    slope=1.2,
    middle=5.19,
)
BESIDE = 20
USUALLY_BESIDE = 2.5
"""That many texts are looked at beside the best; missing ones are taken to fit like this."""
# Questions in the knowledge's own language, which is not English.
OWN_LEARNED = Weights(
    world=3.0,
    learned=1.2,
    letters=3.0,
    words=0.5,
    crowding=-3.0,
    phrasings=-1.0,
    slope=0.65,
    middle=3.85,
)
OWN_PLAIN = Weights(world=5.7, letters=3.8, words=1.0, crowding=-6.0, slope=0.59, middle=4.11)
OWN_TEXT = Weights(world=2.0, words=5.0, letters=5.0, slope=0.8, middle=2.5)
# Questions in another language than the knowledge: names and numbers may still be shared.
FOREIGN_LEARNED = Weights(
    world=3.0, learned=1.0, letters=2.0, phrasings=-0.9, slope=0.77, middle=4.0
)
FOREIGN_PLAIN = Weights(world=5.7, letters=2.0, slope=0.71, middle=4.38)
FOREIGN_TEXT = Weights(world=2.0, words=4.0, letters=4.0, slope=1.2, middle=1.55)

# Of questions that no entry answers, from the businesses of the public sets (near misses mostly),
# these shares score at least this: 2.5, 6 and 11 in a hundred to answer, 13, 18 and 27 to offer.
THRESHOLDS: Mapping[str, float] = {"careful": 0.82, "balanced": 0.68, "bold": 0.55}
OFFERS: Mapping[str, float] = {"careful": 0.5, "balanced": 0.4, "bold": 0.3}


def judge(found: "Features", *, tongue: "Tongue") -> tuple[NDArray[np.intp], Floats]:
    """The candidates' order, best first, and in this order how surely each answers, 0..1."""
    entry, text = weights_for(tongue, learned=bool(found.learned.any()))
    odds = np.where(found.is_text, _text_odds(found, text), _odds(found, entry))
    crowding = np.where(found.is_text, 0.0, entry.slope * entry.crowding * found.crowding)
    order = np.argsort(-(odds + crowding), kind="stable")
    taught = np.where(found.is_text, 0.0, entry.slope * entry.phrasings * np.log(found.phrasings))
    sure: Floats = (1 / (1 + np.exp(-(odds + taught)[order]))).astype(np.float32)
    return order, np.minimum.accumulate(sure)


def weights_for(tongue: "Tongue", *, learned: bool) -> tuple[Weights, Weights]:
    """For entries and for texts."""
    if tongue == "foreign":
        return (FOREIGN_LEARNED if learned else FOREIGN_PLAIN), FOREIGN_TEXT
    if tongue == "own":
        return (OWN_LEARNED if learned else OWN_PLAIN), OWN_TEXT
    return (LEARNED if learned else PLAIN), TEXT


def _odds(found: "Features", weights: Weights) -> Floats:
    odds: Floats = weights.slope * _fit(found, weights) - weights.middle
    return odds


def _text_odds(found: "Features", weights: Weights) -> Floats:
    fits = np.sort(_fit(found, weights)[found.is_text])[::-1][1 : BESIDE + 1]
    beside = (fits.sum() + USUALLY_BESIDE * (BESIDE - len(fits))) / BESIDE
    odds: Floats = _odds(found, weights) + weights.slope * weights.beside * beside
    return odds


def _fit(found: "Features", weights: Weights) -> Floats:
    fit: Floats = (
        weights.pieces * found.pieces
        + weights.english * found.english
        + weights.world * found.world
        + weights.words * found.words
        + weights.letters * found.letters
        + weights.learned * found.learned
    )
    return fit
