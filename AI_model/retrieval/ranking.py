"""Which sources answer a question best, and how surely."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval import bank, calibration
from AI_model.retrieval.asked import Asked, Floats, read
from AI_model.retrieval.encoder import Vectors, unit
from AI_model.retrieval.index import Index
from AI_model.retrieval.units import STEPS, as_rows

CANDIDATES = 64
"""Sources that are looked at closely; the others are too far away by their centres."""


@dataclass(frozen=True, slots=True)
class Features:
    """One number per candidate each; zeros where a measure was not taken."""

    sources: NDArray[np.intp]
    is_text: NDArray[np.bool_]
    words: Floats
    letters: Floats
    world: Floats
    english: Floats
    pieces: Floats
    crowding: Floats
    learned: Floats
    phrasings: NDArray[np.integer[Any]]


def rank(
    index: Index, question: str, limit: int, today: date | None = None
) -> list[tuple[int, float]]:
    """Source numbers with scores 0..1, best first."""
    asked = read(index, question)
    found = features(index, asked, _candidates(index, asked, today))
    if not len(found.sources):
        return []
    order, scores = calibration.judge(found, tongue=asked.tongue)
    pairs = zip(found.sources[order[:limit]].tolist(), scores[:limit].tolist(), strict=True)
    return list(pairs)


def _candidates(index: Index, asked: Asked, today: date | None) -> NDArray[np.intp]:
    """The sources that are closest by their centres and words; those that count today only."""
    own = _moved(index, asked)
    nearness = index.centres[:, -len(own[-1]) :] @ own[-1]
    if asked.english is not None:
        nearness = nearness + index.centres[:, : len(own[0])] @ own[0]
    nearness = nearness + asked.words + asked.letters
    if today is not None:
        days = index.held["days"]
        counts = (days[:, 0] <= today.toordinal()) & (today.toordinal() <= days[:, 1])
        nearness = np.where(counts, nearness, -np.inf)
    most = min(CANDIDATES, len(nearness))
    best = np.sort(np.argpartition(-nearness, most - 1)[:most])
    chosen: NDArray[np.intp] = best[nearness[best] > -np.inf]
    return chosen


def _moved(index: Index, asked: Asked) -> list[Vectors]:
    """The question's places around the business's mean."""
    world = unit(asked.world - index.held["world_mean"])
    if asked.english is None:
        return [world]
    return [unit(asked.english - index.held["english_mean"]), world]


def features(index: Index, asked: Asked, sources: NDArray[np.intp]) -> Features:
    spans, is_text = _Spans(index, sources), index.is_text[sources]
    learned = _learned(index, asked, sources)
    world = english = pieces = np.zeros(len(sources), np.float32)
    if asked.english is not None:
        pieces = _match_pieces(index, asked, spans, is_text)
    if asked.english is None or is_text.any() or not learned.any():
        known, places = bank.load(), _moved(index, asked)
        world = _likeness(index, "world", spans, known.centre_world, places[-1])
        if asked.english is not None:
            english = _likeness(index, "english", spans, known.centre_english, places[0])
    crowding = index.held["crowding"] - index.held["crowding"].mean(axis=0)
    crowding = crowding[sources]
    return Features(
        sources=sources,
        is_text=is_text,
        words=asked.words[sources],
        letters=asked.letters[sources],
        world=world,
        english=english,
        pieces=pieces,
        crowding=crowding.sum(axis=1) if asked.english is not None else crowding[:, -1],
        learned=learned,
        phrasings=spans.counts,
    )


class _Spans:
    """The units of some sources: their numbers, and where each source's begin among them."""

    def __init__(self, index: Index, sources: NDArray[np.intp]) -> None:
        starts = index.starts
        ends = np.append(starts[1:], len(index.held["world"]))
        self.counts = (ends - starts)[sources]
        self.starts = np.cumsum([0, *self.counts])[:-1]
        self.units = _stretches(starts[sources], self.counts)


def _stretches(
    starts: NDArray[np.integer[Any]], counts: NDArray[np.integer[Any]]
) -> NDArray[np.intp]:
    """starts[0], starts[0] + 1, … counts[0] of them, then starts[1], …"""
    before = np.cumsum([0, *counts])
    within = np.arange(before[-1]) - np.repeat(before[:-1], counts)
    return np.asarray(np.repeat(starts, counts) + within, dtype=np.intp)


def _likeness(
    index: Index, name: str, spans: _Spans, centre: Callable[[Vectors], Vectors], place: Vectors
) -> Floats:
    """The best unit's likeness plus that of the middle of all units."""
    rows = unit(centre(as_rows(index.held[name][spans.units])) - index.held[f"{name}_mean"])
    likeness = rows @ place
    best = np.maximum.reduceat(likeness, spans.starts)
    middle = unit(np.add.reduceat(rows, spans.starts, axis=0)) @ place
    total: Floats = best + middle
    return total


def _match_pieces(index: Index, asked: Asked, spans: _Spans, is_text: NDArray[np.bool_]) -> Floats:
    """Each word piece with its best partner on the other side, rare ones counting more.

    Phrasings are matched both ways; a text only has to hold what the question holds, in one
    sentence and in all.
    """
    held = index.held
    ends = held["piece_ends"]
    begins = np.concatenate([[0], ends[:-1]])[spans.units]
    counts = ends[spans.units] - begins
    places, first = _stretches(begins, counts), np.cumsum([0, *counts])[:-1]
    likeness = asked.piece_rows @ held["piece_rows"][places].astype(np.float32).T
    likeness *= np.float32(1 / STEPS)
    rarity = held["piece_rarity"]
    weights = rarity[asked.pieces].astype(np.float32)
    weights /= weights.sum()
    forward = weights @ np.maximum.reduceat(likeness, first, axis=1)
    own = rarity[held["pieces"][places]].astype(np.float32)
    backward = np.add.reduceat(likeness.max(axis=0) * own, first) / np.add.reduceat(own, first)
    whole = weights @ np.maximum.reduceat(likeness, first[spans.starts], axis=1)
    of_text = np.maximum.reduceat(forward, spans.starts) + whole
    both = forward + backward
    of_entry = np.maximum.reduceat(both, spans.starts)
    of_entry += np.add.reduceat(both, spans.starts) / spans.counts
    total: Floats = np.where(is_text, of_text, of_entry)
    return total


def _learned(index: Index, asked: Asked, sources: NDArray[np.intp]) -> Floats:
    """The regression's logits of entries; zeros for others, and where none was trained."""
    classes = index.held["classes"]
    found = np.zeros(len(sources), np.float32)
    if not len(classes):
        return found
    views, weights = _moved(index, asked), index.held["world_weights"]
    if asked.english is not None:
        weights = index.held["weights"]
        rarity = index.held["piece_rarity"][asked.pieces].astype(np.float32)
        views.append(unit(bank.gist(asked.piece_rows, rarity) - index.held["gist_mean"]))
    logits = np.concatenate(views) @ weights.astype(np.float32)
    numbers = np.searchsorted(classes, sources)
    learned = np.isin(sources, classes)
    found[learned] = logits[numbers[learned]]
    return found
