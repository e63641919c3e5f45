"""The few numbers of the search, fitted on public question sets and held here in one place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Weights:
    """Shares of the four measures in a passage's raw match."""

    nearest: float
    centre: float
    words: float
    letters: float


WEIGHTS = Weights(nearest=0.28, centre=0.28, words=0.16, letters=0.28)
# A question in a language that the knowledge is not written in shares no words with it.
FOREIGN_WEIGHTS = Weights(nearest=0.5, centre=0.5, words=0.0, letters=0.0)

# What the lead over the runner-up adds to the raw match of the first.
LEAD = 0.3
SLOPE = 9.0
MIDDLE = 0.515
FOREIGN_SLOPE = 10.6
FOREIGN_MIDDLE = 0.425

# About 2, 5 and 10 in a hundred questions that no entry answers score at least this.
THRESHOLDS: Mapping[str, float] = {"careful": 0.82, "balanced": 0.74, "bold": 0.61}


def confidence(match: float, *, foreign: bool) -> float:
    """A raw match (with its lead) as a number between 0 and 1 that means the same everywhere."""
    slope, middle = (FOREIGN_SLOPE, FOREIGN_MIDDLE) if foreign else (SLOPE, MIDDLE)
    return float(1 / (1 + np.exp(-slope * (match - middle))))
