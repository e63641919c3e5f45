"""The few numbers of the search, fitted on public question sets and held here in one place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval.lexical import Floats


@dataclass(frozen=True, slots=True)
class Scale:
    """How raw matches are made and read.

    The first four are the shares of the measures; `lead` is what the distance to the runner-up adds
    to the first; entries and texts differ in the raw match (`*_middle`) that is as good as a coin,
    and in how fast it gets better from there.
    """

    nearest: float
    centre: float
    words: float
    letters: float
    lead: float
    entry_middle: float
    entry_slope: float
    text_middle: float
    text_slope: float


OWN_LANGUAGE = Scale(
    nearest=0.28,
    centre=0.28,
    words=0.16,
    letters=0.28,
    lead=0.3,
    entry_middle=0.515,
    entry_slope=9.0,
    text_middle=0.36,
    text_slope=16.0,
)
# A question in a language that the knowledge is not written in shares no words with it.
FOREIGN_LANGUAGE = Scale(
    nearest=0.5,
    centre=0.5,
    words=0.0,
    letters=0.0,
    lead=1.0,
    entry_middle=0.504,
    entry_slope=9.0,
    text_middle=0.42,
    text_slope=16.0,
)

# About 2, 5 and 10 in a hundred questions that no entry answers score at least this.
THRESHOLDS: Mapping[str, float] = {"careful": 0.80, "balanced": 0.70, "bold": 0.57}


def log_odds(raw: Floats, is_text: NDArray[np.bool_], scale: Scale) -> Floats:
    """Raw matches of entries and texts on one scale: the log odds that they answer."""
    middle = np.where(is_text, scale.text_middle, scale.entry_middle)
    slope = np.where(is_text, scale.text_slope, scale.entry_slope)
    odds: Floats = ((raw - middle) * slope).astype(np.float32)
    return odds


def probability(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
