"""Which entry is meant, learned from the entries' own phrasings: a softmax regression.

One more class, “none of these”, is learned from the generic questions. Trained when an index is
built, never on the way of an answer.
"""

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval.encoder import Vectors

Floats = NDArray[np.float32]

FIRMNESS = 0.1
"""How strongly large weights are held back: few examples, so rather strongly."""
NONE_SHARE = 0.3
"""How much all generic questions together count, next to all phrasings together."""
STEPS = 30
"""Stopping early holds them back, too: more steps found fewer right answers."""

POWER_STEPS = 12
MARGIN = 1.05


def train(rows: Vectors, owners: NDArray[np.intp], count: int, generic: Vectors) -> Floats:
    """Weights: one column per entry and a last one for none. `owners`: which entry a row is of."""
    features = np.concatenate([rows, generic])
    wanted = np.zeros((len(features), count + 1), np.float32)
    wanted[np.arange(len(rows)), owners] = 1
    wanted[len(rows) :, count] = 1
    share = np.float32(NONE_SHARE * len(rows) / max(len(generic), 1))
    counts = np.concatenate([np.ones(len(rows), np.float32), np.full(len(generic), share)])
    return _descend(features, wanted, counts[:, None])


def _descend(features: Floats, wanted: Floats, counts: Floats) -> Floats:
    """Accelerated gradient descent; the step is as long as the curvature allows."""
    steepest = _steepest(features, counts) / 2 + FIRMNESS
    weights = np.zeros((features.shape[1], wanted.shape[1]), np.float32)
    ahead, momentum = weights, 1.0
    for _ in range(STEPS):
        error = (softmax(features @ ahead) - wanted) * counts
        stepped = ahead - (features.T @ error + FIRMNESS * ahead) / np.float32(steepest)
        following = (1 + np.sqrt(1 + 4 * momentum * momentum)) / 2
        ahead = stepped + np.float32((momentum - 1) / following) * (stepped - weights)
        weights, momentum = stepped, following
    return weights


def _steepest(features: Floats, counts: Floats) -> float:
    """The largest eigenvalue of the features' scatter, a little above it to be safe."""
    direction = np.ones(features.shape[1], np.float32)
    length = 1.0
    for _ in range(POWER_STEPS):
        direction = features.T @ ((features @ direction)[:, None] * counts)[:, 0]
        length = float(np.linalg.norm(direction)) or 1.0
        direction = direction / np.float32(length)
    return length * MARGIN


def softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares
