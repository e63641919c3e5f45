"""From sources to the arrays of an index."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from AI_model.retrieval import bank, classifier
from AI_model.retrieval.encoder import Vectors, unit
from AI_model.retrieval.english import PIECES
from AI_model.retrieval.language import is_mostly_english, languages_of
from AI_model.retrieval.lexical import count_letters, count_words, weigh_letters, weigh_words
from AI_model.retrieval.packed import PackedSources
from AI_model.retrieval.reuse import NONE, Before, Kept
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
ROWS_AT_ONCE = 200
STRETCH = 2_048
MOST_HEARD = 300
"""Sources from which the languages are told: telling takes longer than anything else here."""


def build(
    sources: Sequence[Source],
    known: Known,
    before: Before | None = None,
    *,
    is_english: bool | None = None,
    afresh: bool = False,
) -> tuple[dict[str, Array], dict[str, Any]]:
    """`is_english` where it is settled by more than these sources; `afresh` counts for all of them
    what `before` knows of the unchanged ones."""
    plain = _plain(sources)
    is_english = is_mostly_english(plain) if is_english is None else is_english
    packed = PackedSources.of(sources)
    kept = Kept(packed, before, is_english=is_english)
    groups = _encoded(sources, known, kept, is_english)
    units = [one for group in groups for one in group]
    starts = np.cumsum([0, *(len(group) for group in groups)])[:-1].astype(np.int32)
    is_text = np.array([source.kind == "text" for source in sources], dtype=np.bool_)
    arrays: dict[str, Array] = {"starts": starts, "is_text": is_text}
    arrays |= _vectors(units, is_english)
    arrays |= _pieces(units, starts) if is_english else {}
    arrays |= _spaces(arrays, kept, is_english, afresh=afresh)
    arrays |= _texts(sources, packed, kept, is_text)
    facts = {"languages": sorted(languages_of(plain)), "is_english": is_english}
    return arrays, facts


def known_units(
    held: Mapping[str, Array], texts: Sequence[str], *, is_english: bool
) -> dict[str, Unit]:
    if not is_english:
        return {text: Unit(row) for text, row in zip(texts, held["world"], strict=True)}
    ends = held["piece_ends"]
    spans = (slice(int(a), int(b)) for a, b in zip([0, *ends][:-1], ends, strict=True))
    return {
        text: Unit(world, own, held["pieces"][span], held["piece_rows"][span])
        for text, world, own, span in zip(texts, held["world"], held["english"], spans, strict=True)
    }


def _plain(sources: Sequence[Source]) -> list[str]:
    """Texts to tell the languages from; of many sources some from everywhere."""
    some = sources[:: -(-len(sources) // MOST_HEARD) or 1]
    return [text for source in some for text in (source.phrasings or (source.text,))]


def are_english(sources: Sequence[Source]) -> bool:
    return is_mostly_english(_plain(sources))


def unread(
    sources: Sequence[Source],
    known: Known,
    before: Before | None = None,
    *,
    is_english: bool | None = None,
) -> dict[int, list[str]]:
    """The texts that an encoder would have to read, by the number of the source that has them."""
    is_english = are_english(sources) if is_english is None else is_english
    kept = Kept(PackedSources.of(sources), before, is_english=is_english)
    have = {**known, **_known_before(sources, kept, is_english)}
    found = {
        number: _unread(units_of(sources[number], is_english=is_english), have, is_english)
        for number in kept.changed.tolist()
    }
    return {number: texts for number, texts in found.items() if texts}


def _changed_texts(sources: Sequence[Source], kept: Kept, is_english: bool) -> list[str]:
    changed = [sources[n] for n in kept.changed.tolist()]
    return [text for source in changed for text in units_of(source, is_english=is_english)]


def _known_before(sources: Sequence[Source], kept: Kept, is_english: bool) -> dict[str, Unit]:
    """The units of what the changed sources were before: mostly the answer changed alone."""
    if kept.before is None:
        return {}
    found: dict[str, Unit] = {}
    for number in kept.changed.tolist():
        if (old := kept.by_id.get(sources[number].id)) is not None:
            texts = units_of(kept.before.sources[old], is_english=is_english)
            found |= zip(texts, kept.before.units_of(old), strict=True)
    return found


def _unread(texts: Sequence[str], known: Known, is_english: bool) -> list[str]:
    return [
        text
        for text in dict.fromkeys(texts)
        if text not in known or (is_english and known[text].english is None)
    ]


def _encoded(
    sources: Sequence[Source], known: Known, kept: Kept, is_english: bool
) -> list[list[Unit]]:
    """The units of each source."""
    texts = _changed_texts(sources, kept, is_english)
    found = {**known, **_known_before(sources, kept, is_english)}
    found |= encode(_unread(texts, found, is_english), is_english=is_english)
    return [
        [found[text] for text in units_of(source, is_english=is_english)]
        if kept.before is None or number == NONE
        else kept.before.units_of(number)
        for source, number in zip(sources, kept.numbers.tolist(), strict=True)
    ]


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
    rarity = bank.rarity_of(frequency, len(starts))
    return {
        "pieces": pieces,
        "piece_ends": ends,
        "piece_rows": np.concatenate(rows) if rows else np.zeros((0, bank.AXES), np.int8),
        "piece_rarity": rarity.astype(np.float16),
    }


def _owners(starts: NDArray[np.int32], count: int) -> NDArray[np.intp]:
    """Of which source each unit is."""
    return np.searchsorted(starts, np.arange(count), side="right") - 1


def _spaces(
    held: Mapping[str, Array], kept: Kept, is_english: bool, *, afresh: bool
) -> dict[str, Array]:
    """Where the units lie around the business's own mean, and what can be learned from that."""
    classes = _classes(held)
    arrays: dict[str, Array] = {"classes": classes}
    counted = np.arange(len(kept.numbers)) if afresh else kept.changed
    centres, crowding, places = [], [], []
    for name in ("english", "world") if is_english else ("world",):
        place = _place(name, held)
        arrays[f"{name}_mean"] = place.mean
        centres.append(place.centres.astype(np.float16))
        crowding.append(place.crowding(counted))
        # Of many units, the vectors of one encoder are as much as a build may hold.
        places += [place] if len(classes) else []
    arrays["centres"] = np.concatenate(centres, axis=1)
    crowded = np.stack(crowding, axis=1)
    arrays["crowding"] = crowded if afresh else kept.carried("crowding", crowded)
    return arrays | (_lessons(held, places, classes) if len(classes) else {})


def _lessons(held: Mapping[str, Array], places: list["_Place"], classes: Array) -> dict[str, Array]:
    """What a regression learns: from the one encoder for all languages, and from all there is."""
    lessons: dict[str, Array] = {"world_weights": _learned(places[-1:], classes)}
    if "english" in held:
        gist = _place("gist", held)
        lessons["gist_mean"] = gist.mean
        lessons["weights"] = _learned([*places, gist], classes)
    return lessons


def _place(name: str, held: Mapping[str, Array]) -> "_Place":
    known = bank.load()
    if name == "gist":
        return _Place(_gists(held), known.gist, held)
    if name == "english":
        rows = _stretched(held[name], lambda some: known.centre_english(as_rows(some)))
        return _Place(rows, known.english, held)
    rows = _stretched(held[name], lambda some: known.centre_world(as_rows(some)))
    return _Place(rows, known.world, held)


def _stretched(
    held: Array, convert: Callable[[Array], Vectors], into: Vectors | None = None
) -> Vectors:
    """All rows converted, some at a time: what that takes meanwhile is many times the result."""
    result = np.empty(held.shape, np.float32) if into is None else into
    for start in range(0, len(held), STRETCH):
        span = slice(start, start + STRETCH)
        result[span] = convert(held[span])
    return result


def _gists(held: Mapping[str, Array]) -> Vectors:
    """One row per unit from its word pieces."""
    ends = held["piece_ends"]
    rarity = held["piece_rarity"].astype(np.float32)[held["pieces"]]
    found = np.zeros((len(ends), bank.AXES), np.float32)
    for number, (start, end) in enumerate(zip([0, *ends][:-1], ends, strict=True)):
        rows = held["piece_rows"][start:end].astype(np.float32)
        found[number] = bank.gist(rows, rarity[start:end])
    return found


class _Place:
    """The units in one encoder's space, moved so that the business's mean is the middle."""

    def __init__(self, rows: Vectors, generic: Vectors, held: Mapping[str, Array]) -> None:
        self.starts, self.is_text = held["starts"], held["is_text"]
        counts = np.diff([*self.starts, len(rows)])
        self.owners = _owners(self.starts, len(rows))
        means = _sums(rows, self.starts) / np.maximum(counts, 1)[:, None]
        self.mean = (means.sum(axis=0) / (len(self.starts) + PULL)).astype(np.float32)
        self.rows = _stretched(rows, lambda some: unit(some - self.mean), into=rows)
        self.generic = unit(generic - self.mean)
        self.centres = unit(_sums(self.rows, self.starts))

    def crowding(self, sources: NDArray[np.intp]) -> NDArray[np.float32]:
        """The mean likeness of each source's units to their closest units of other sources.

        Of these sources alone: it takes the product of their units and all units.
        """
        found = np.zeros(len(self.rows), np.float32)
        wanted = np.flatnonzero(np.isin(self.owners, sources))
        most = min(NEIGHBOURS, len(self.rows))
        for start in range(0, len(wanted), ROWS_AT_ONCE):
            span = wanted[start : start + ROWS_AT_ONCE]
            likeness = self.rows[span] @ self.rows.T
            likeness[self.owners[span, None] == self.owners[None]] = -9
            closest = np.partition(likeness, -most, axis=1)[:, -most:]
            strangers = closest > -9
            totals = np.where(strangers, closest, 0).sum(axis=1)
            found[span] = totals / np.maximum(strangers.sum(axis=1), 1)
        counts = np.diff([*self.starts, len(self.rows)])
        return (_sums(found[:, None], self.starts)[:, 0] / np.maximum(counts, 1)).astype(np.float32)


def _sums(rows: Vectors, starts: NDArray[np.int32]) -> Vectors:
    """Of the rows from each start to the next. All first rows, then all second ones: many times as
    fast as `reduceat`, as most sources have a few."""
    if not len(starts):
        return rows
    counts = np.diff([*starts, len(rows)])
    sums: Vectors = np.where(counts[:, None] > 0, rows[np.minimum(starts, len(rows) - 1)], 0)
    for further in range(1, int(counts.max())):
        longer = np.flatnonzero(counts > further)
        sums[longer] += rows[starts[longer] + further]
    return sums


def _classes(held: Mapping[str, Array]) -> Array:
    """The sources that a regression tells apart: the entries, if they are neither few nor many."""
    entries = np.flatnonzero(~held["is_text"]).astype(np.int32)
    return entries if FEWEST_LEARNED <= len(entries) <= MOST_LEARNED else entries[:0]


def _learned(places: Sequence[_Place], classes: Array) -> Array:
    rows = np.concatenate([place.rows for place in places], axis=1)
    generic = np.concatenate([place.generic for place in places], axis=1)
    mine = np.isin(places[0].owners, classes)
    numbers = np.searchsorted(classes, places[0].owners[mine])
    return classifier.train(rows[mine], numbers, len(classes), generic).astype(np.float16)


def _texts(
    sources: Sequence[Source], packed: PackedSources, kept: Kept, is_text: NDArray[np.bool_]
) -> dict[str, Array]:
    """The words to match, the sources themselves, and the days on which they count."""
    changed = [sources[n] for n in kept.changed.tolist()]
    spoken = [" ".join([source.title, *source.phrasings, source.text]) for source in changed]
    spelled = [
        f"{source.title} {source.text}" if source.kind == "text" else " ".join(source.phrasings)
        for source in changed
    ]
    letters = count_letters(spelled, is_text[kept.changed].tolist())
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
        **weigh_words(kept.counts("words_", count_words(spoken))).arrays("words_"),
        **weigh_letters(kept.counts("letters_", letters)).arrays("letters_"),
    }
