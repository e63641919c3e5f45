"""From sources to the arrays of an index."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval import bank, classifier
from AI_model.retrieval.encoder import Vectors, unit
from AI_model.retrieval.english import PIECES
from AI_model.retrieval.language import is_mostly_english, languages_of
from AI_model.retrieval.lexical import count_letters, count_words
from AI_model.retrieval.packed import PackedSources
from AI_model.retrieval.sources import Source
from AI_model.retrieval.units import Known, Unit, as_rows, encode, units_of

Array = NDArray[Any]

MOST_LEARNED = 400
"""Entries up to which a regression is trained: it takes the square of their number."""
FEWEST_LEARNED = 2
PULL = 5
"""The mean of a business's entries is taken as if so many more stood at the mean of the bank."""
NEIGHBOURS = 10
"""The closest strangers of an entry tell how crowded its place is."""
ROWS_AT_ONCE = 1_000


def build(sources: Sequence[Source], known: Known) -> tuple[dict[str, Array], dict[str, Any]]:
    plain = _plain(sources)
    is_english = is_mostly_english(plain)
    texts = [units_of(source, is_english=is_english) for source in sources]
    flat = [text for group in texts for text in group]
    units = _encoded(flat, known, is_english)
    starts = np.cumsum([0, *(len(group) for group in texts)])[:-1].astype(np.int32)
    is_text = np.array([source.kind == "text" for source in sources], dtype=np.bool_)
    arrays: dict[str, Array] = {"starts": starts, "is_text": is_text}
    arrays |= _vectors(units, is_english)
    arrays |= _spaces(arrays, is_english)
    arrays |= _pieces(units, starts) if is_english else {}
    arrays |= _texts(sources, is_text)
    facts = {"languages": sorted(languages_of(plain)), "is_english": is_english}
    return arrays, facts


def known_units(
    held: Mapping[str, Array], texts: Sequence[str], *, is_english: bool
) -> dict[str, Unit]:
    if not is_english:
        return {text: Unit(row) for text, row in zip(texts, held["world"], strict=True)}
    ends = held["piece_ends"]
    spans = (slice(int(a), int(b)) for a, b in zip([0, *ends[:-1]], ends, strict=True))
    return {
        text: Unit(world, own, held["pieces"][span], held["piece_rows"][span])
        for text, world, own, span in zip(texts, held["world"], held["english"], spans, strict=True)
    }


def _plain(sources: Sequence[Source]) -> list[str]:
    return [text for source in sources for text in (source.phrasings or (source.text,))]


def fresh(sources: Sequence[Source], known: Known) -> list[str]:
    is_english = is_mostly_english(_plain(sources))
    texts = [text for source in sources for text in units_of(source, is_english=is_english)]
    return _unread(texts, known, is_english)


def _unread(texts: Sequence[str], known: Known, is_english: bool) -> list[str]:
    return [
        text
        for text in dict.fromkeys(texts)
        if text not in known or (is_english and known[text].english is None)
    ]


def _encoded(texts: Sequence[str], known: Known, is_english: bool) -> list[Unit]:
    found = {**known, **encode(_unread(texts, known, is_english), is_english=is_english)}
    return [found[text] for text in texts]


def _vectors(units: Sequence[Unit], is_english: bool) -> dict[str, Array]:
    held: dict[str, Array] = {"world": _stacked([one.world for one in units], 512)}
    if is_english:
        held["english"] = _stacked([one.english for one in units], 384)
    return held


def _stacked(rows: Sequence[NDArray[np.int8] | None], width: int) -> Array:
    full = [row for row in rows if row is not None]
    return np.stack(full) if full else np.zeros((0, width), np.int8)


def _pieces(units: Sequence[Unit], starts: NDArray[np.int32]) -> dict[str, Array]:
    """Word pieces of all units behind each other, and how rare each piece is among the sources."""
    numbers = [one.pieces for one in units if one.pieces is not None]
    rows = [one.piece_rows for one in units if one.piece_rows is not None]
    pieces = np.concatenate(numbers) if numbers else np.zeros(0, np.int32)
    ends = np.cumsum([len(row) for row in numbers], dtype=np.int64)
    owners = np.repeat(_owners(starts, len(units)), [len(row) for row in numbers])
    pairs = np.unique(owners.astype(np.int64) * PIECES + pieces)
    frequency = np.bincount(pairs % PIECES, minlength=PIECES)
    rarity = np.log1p((len(starts) - frequency + 0.5) / (frequency + 0.5))
    return {
        "pieces": pieces,
        "piece_ends": ends,
        "piece_rows": np.concatenate(rows) if rows else np.zeros((0, bank.AXES), np.int8),
        "piece_rarity": rarity.astype(np.float16),
    }


def _owners(starts: NDArray[np.int32], count: int) -> NDArray[np.intp]:
    """Of which source each unit is."""
    return np.searchsorted(starts, np.arange(count), side="right") - 1


def _spaces(held: Mapping[str, Array], is_english: bool) -> dict[str, Array]:
    """Where the units lie around the business's own mean, and what can be learned from that."""
    known = bank.load()
    places = [_Place("world", known.centre_world(as_rows(held["world"])), known.world, held)]
    if is_english:
        rows = known.centre_english(as_rows(held["english"]))
        places.insert(0, _Place("english", rows, known.english, held))
    arrays: dict[str, Array] = {f"{place.name}_mean": place.mean for place in places}
    arrays["centres"] = np.concatenate([place.centres for place in places], axis=1).astype(
        np.float16
    )
    arrays["crowding"] = np.stack([place.crowding() for place in places], axis=1)
    arrays["classes"], arrays["weights"] = _learned(places, held)
    return arrays


class _Place:
    """The units in one encoder's space, moved so that the business's mean is the middle."""

    def __init__(
        self, name: str, rows: Vectors, generic: Vectors, held: Mapping[str, Array]
    ) -> None:
        self.name = name
        self.starts, self.is_text = held["starts"], held["is_text"]
        counts = np.diff([*self.starts, len(rows)])
        self.owners = _owners(self.starts, len(rows))
        means = _sums(rows, self.starts) / np.maximum(counts, 1)[:, None]
        self.mean = (means.sum(axis=0) / (len(self.starts) + PULL)).astype(np.float32)
        self.rows = unit(rows - self.mean)
        self.generic = unit(generic - self.mean)
        self.centres = unit(_sums(self.rows, self.starts))

    def crowding(self) -> NDArray[np.float32]:
        """The mean likeness of each source's units to their closest units of other sources."""
        found = np.zeros(len(self.rows), np.float32)
        most = min(NEIGHBOURS, len(self.rows))
        for start in range(0, len(self.rows), ROWS_AT_ONCE):
            span = slice(start, start + ROWS_AT_ONCE)
            likeness = self.rows[span] @ self.rows.T
            likeness[self.owners[span, None] == self.owners[None]] = -9
            closest = np.partition(likeness, -most, axis=1)[:, -most:]
            strangers = closest > -9
            totals = np.where(strangers, closest, 0).sum(axis=1)
            found[span] = totals / np.maximum(strangers.sum(axis=1), 1)
        counts = np.diff([*self.starts, len(self.rows)])
        return (_sums(found[:, None], self.starts)[:, 0] / np.maximum(counts, 1)).astype(np.float32)


def _sums(rows: Vectors, starts: NDArray[np.int32]) -> Vectors:
    if not len(starts):
        return rows
    sums: Vectors = np.add.reduceat(rows, starts, axis=0)
    return sums


def _learned(places: Sequence[_Place], held: Mapping[str, Array]) -> tuple[Array, Array]:
    """Which sources the regression tells apart, and its weights."""
    entries = np.flatnonzero(~held["is_text"]).astype(np.int32)
    rows = np.concatenate([place.rows for place in places], axis=1)
    if not FEWEST_LEARNED <= len(entries) <= MOST_LEARNED:
        return np.zeros(0, np.int32), np.zeros((rows.shape[1], 0), np.float16)
    generic = np.concatenate([place.generic for place in places], axis=1)
    owners = places[0].owners
    mine = ~held["is_text"][owners]
    numbers = np.searchsorted(entries, owners[mine])
    weights = classifier.train(rows[mine], numbers, len(entries), generic)
    return entries, weights.astype(np.float16)


def _texts(sources: Sequence[Source], is_text: NDArray[np.bool_]) -> dict[str, Array]:
    """The words to match, the sources themselves, and the days on which they count."""
    packed = PackedSources.of(sources)
    spoken = [" ".join([source.title, *source.phrasings, source.text]) for source in sources]
    spelled = [
        f"{source.title} {source.text}" if source.kind == "text" else " ".join(source.phrasings)
        for source in sources
    ]
    days = [
        (
            source.valid_from.toordinal() if source.valid_from else 0,
            source.valid_to.toordinal() if source.valid_to else np.iinfo(np.int32).max,
        )
        for source in sources
    ]
    return {
        "sources": packed.held,
        "source_ends": packed.ends,
        "days": np.array(days, dtype=np.int32).reshape(-1, 2),
        **count_words(spoken).arrays("words_"),
        **count_letters(spelled, is_text.tolist()).arrays("letters_"),
    }
