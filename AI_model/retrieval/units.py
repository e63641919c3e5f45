"""What of a source is compared with a question: its phrasings, or its heading and sentences."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval import bank, encoder, english, language
from AI_model.retrieval.encoder import Vectors
from AI_model.retrieval.normalise import as_question
from AI_model.retrieval.sources import STEP, Source, sentences

Bytes = NDArray[np.int8]
Integers = NDArray[np.int32]

AT_ONCE = 128
"""Texts encoded together: what an encoder holds meanwhile grows with them."""
MOST_HEADINGS = 2
STEPS = 254
"""Of 128 numbers whose squares add up to one, hardly any is above a half."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An encoded text, one byte a number; without the English part when it was not asked for."""

    world: Bytes
    english: Bytes | None = None
    pieces: Integers | None = None
    piece_rows: Bytes | None = None


Known = Mapping[str, Unit]


def units_of(source: Source, *, is_english: bool = True) -> list[str]:
    """The texts as the encoders get them; at least one."""
    if source.kind == "entry":
        asked = [as_question(text, english=is_english) for text in source.phrasings]
        return list(dict.fromkeys(text for text in asked if text)) or [source.title or source.id]
    heading = ": ".join(source.title.split(STEP)[-MOST_HEADINGS:])
    return [text for text in (heading, *sentences(source.text)) if text] or [source.id]


def encode(texts: Sequence[str], *, is_english: bool) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for start in range(0, len(texts), AT_ONCE):
        found.update(_encode(texts[start : start + AT_ONCE], is_english))
    return found


def _encode(texts: Sequence[str], is_english: bool) -> dict[str, Unit]:
    if not is_english:
        world = as_bytes(encoder.encode(texts))
        return {text: Unit(row) for text, row in zip(texts, world, strict=True)}
    shorten = bank.load().shorten_pieces
    readings, rows = _read_twice(texts)
    return {
        text: Unit(row, as_bytes(own.vector), own.pieces, as_steps(shorten(own.rows)))
        for text, row, own in zip(texts, as_bytes(rows), readings, strict=True)
    }


def _read_twice(texts: Sequence[str]) -> tuple[list[english.Reading], Vectors]:
    """By both encoders at once: they compute without Python's lock.

    Loaded one after the other, with what tells languages first: each needs room for a moment that
    the next one then takes.
    """
    language.load()
    english.load()
    encoder.load()
    with ThreadPoolExecutor(1) as beside:
        rows = beside.submit(encoder.encode, texts)
        return english.read(texts), rows.result()


def as_bytes(rows: Vectors) -> Bytes:
    """Each row's direction; its length is lost."""
    most = np.abs(rows).max(axis=-1, keepdims=True, initial=1e-9)
    return np.asarray(np.rint(rows * (127 / most)), dtype=np.int8)


def as_steps(rows: Vectors) -> Bytes:
    """Rows of length one in steps of equal size, so that a product with them is ready at once."""
    return np.asarray(np.clip(np.rint(rows * STEPS), -127, 127), dtype=np.int8)


def as_rows(held: Bytes) -> Vectors:
    """Rows of length one again."""
    return encoder.unit(held.astype(np.float32))
