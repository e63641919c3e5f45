"""What questions look like that are nobody's in particular: our own words, and their vectors.

`python -m AI_model.retrieval.bank` computes the vectors anew after a change of the questions or of
an encoder. They are shipped, so that loading costs nothing.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval import encoder, english
from AI_model.retrieval.encoder import Vectors, unit
from AI_model.retrieval.normalise import as_question

HERE = Path(__file__).parent / "data"
QUESTIONS = HERE / "generic_questions.txt"
VECTORS = HERE / "generic_questions.npz"
VIEWS = ("english", "world", "gist")
AXES = 128
"""Of a word piece's 384 dimensions, those that tell pieces apart best."""


@dataclass(frozen=True, slots=True)
class Bank:
    """`english`, `world`, `gist`: the questions in the centred space of each view."""

    english_mean: Vectors
    world_mean: Vectors
    world_common: Vectors
    piece_mean: Vectors
    piece_axes: Vectors
    english: Vectors
    world: Vectors
    gist: Vectors

    def centre_english(self, rows: Vectors) -> Vectors:
        return unit(rows - self.english_mean)

    def centre_world(self, rows: Vectors) -> Vectors:
        """Without the mean and without the direction in which questions differ most by form."""
        moved = np.asarray(rows - self.world_mean, dtype=np.float32)
        along = np.asarray(moved @ self.world_common, dtype=np.float32)
        return unit(np.asarray(moved - along[:, None] * self.world_common, dtype=np.float32))

    def shorten_pieces(self, rows: Vectors) -> Vectors:
        return unit(np.asarray((rows - self.piece_mean) @ self.piece_axes, dtype=np.float32))


def questions() -> list[str]:
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    asked = (as_question(line, english=True) for line in lines)
    return list(dict.fromkeys(text for text in asked if text))


@cache
def load() -> Bank:
    with np.load(VECTORS) as held:
        arrays = {name: held[name].astype(np.float32) for name in held.files}
    return Bank(**{**arrays, **{name: unit(arrays[name]) for name in VIEWS}})


def compute() -> Bank:
    asked = questions()
    readings = english.read(asked)
    own, world = np.stack([r.vector for r in readings]), encoder.encode(asked)
    pieces = np.concatenate([reading.rows for reading in readings])
    bank = Bank(
        english_mean=own.mean(axis=0),
        world_mean=world.mean(axis=0),
        world_common=_axes(world - world.mean(axis=0), 1)[:, 0],
        piece_mean=pieces.mean(axis=0),
        piece_axes=_axes(pieces - pieces.mean(axis=0), AXES),
        english=own,
        world=world,
        gist=np.zeros((0, AXES), np.float32),
    )
    centred = {
        "english": bank.centre_english(own),
        "world": bank.centre_world(world),
        "gist": _gists(readings, bank),
    }
    return Bank(**{**_fields(bank), **centred})


def _gists(readings: list[english.Reading], bank: Bank) -> Vectors:
    frequency = np.bincount(
        np.concatenate([np.unique(reading.pieces) for reading in readings]),
        minlength=english.PIECES,
    )
    rarity = rarity_of(frequency, len(readings))
    return np.stack(
        [gist(bank.shorten_pieces(reading.rows), rarity[reading.pieces]) for reading in readings]
    )


def rarity_of(frequency: NDArray[np.integer[Any]], count: int) -> Vectors:
    """What a word piece says that `frequency` of `count` sources hold."""
    rarity: Vectors = np.log1p((count - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
    return rarity


def gist(rows: Vectors, rarity: Vectors) -> Vectors:
    """The mean of a text's piece vectors, rare pieces counting more."""
    return unit(rarity @ rows)


def _axes(rows: Vectors, count: int) -> Vectors:
    """The directions of greatest spread, as columns."""
    _, vectors = np.linalg.eigh(rows.T @ rows)
    axes: Vectors = vectors[:, ::-1][:, :count].astype(np.float32)
    return axes


def _fields(bank: Bank) -> dict[str, Vectors]:
    return {name: getattr(bank, name) for name in Bank.__slots__}


def _small(name: str, rows: Vectors) -> NDArray[np.generic]:
    """One byte a number for the many rows, whose length is known to be one; else two."""
    if name in VIEWS:
        most = np.abs(rows).max(axis=1, keepdims=True)
        return np.asarray(np.rint(rows * (127 / most)), dtype=np.int8)
    return np.asarray(rows, dtype=np.float16)


if __name__ == "__main__":
    small = {name: _small(name, rows) for name, rows in _fields(compute()).items()}
    np.savez(VECTORS, allow_pickle=False, **small)
