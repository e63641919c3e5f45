"""What texts mean, to be compared with each other outside of any index."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from AI_model.retrieval import encoder
from AI_model.retrieval.encoder import Vectors, unit


def vectors(texts: Sequence[str], *, language: str = "") -> Vectors:
    """A row of length one for each text; only rows of the same `language` can be compared.

    English is read by both encoders, everything else by the multilingual one.
    """
    world = encoder.encode(texts)
    if language != "en" or not texts:
        return world
    from AI_model.retrieval import english

    both = np.concatenate([world, unit(english.encode(texts))], axis=1)
    return np.asarray(both / sqrt(2), dtype=np.float32)


def similarity(ones: Sequence[str], others: Sequence[str], *, language: str = "") -> Vectors:
    """The cosine of each of `ones` (rows) with each of `others` (columns)."""
    rows, columns = vectors(ones, language=language), vectors(others, language=language)
    return np.asarray(rows @ columns.T, dtype=np.float32)
