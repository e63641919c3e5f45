"""Figures that stand in the source, but for something else, or the other way round."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from AI_model.replies.grounding.citations import split_sentences
from AI_model.replies.grounding.claims import Fact, read_facts
from AI_model.replies.grounding.figures import Ground
from AI_model.replies.grounding.numbers import DATA, DURATIONS, LONG_DURATIONS, MONEY, folded
from AI_model.replies.grounding.polarity import denies
from AI_model.replies.grounding.tongue import tongues
from AI_model.replies.grounding.words import content_words, nearness

OWN, FOREIGN = (0.7, 0.2), (0.75, 0.25)
"""How well another figure must fit, and by how much better than the one that was said."""
DOUBTFUL = (0.4, 0.03)
"""From which it is not sure any more that the right one was said."""
CLEAR, APART = 0.85, 0.2
"""From which a word of the same language is the same, and how much less so it must be elsewhere."""
COUNT = "#"
"""Before a figure that tells of which case another figure is: “from ten on, 28 euros”."""
BEFORE, AFTER = 22, 16
PRICED = frozenset(
    "cost costs price prices priced pay pays total kostet kosten preis cuesta cuestan precio стоит стоят "
    "цена стоимость fiyat fiyatı tutar ücret narxi narx turadi coûte prix costa prezzo preço kosztuje".split()
)
_INSTEAD = re.compile(
    r"(?:instead of|rather than|statt|anstatt|en lugar de|en vez de|вместо|замість|au lieu de|invece di|em vez de|zamiast)\W*$"
)
_BREAK = re.compile(r"[,;]|\s(?:and|und|y|e|et|и|та|ve|va|i|en|plus|but|then)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Placed:
    """A figure, what it is said of, and whether it is the most (1) or the least (-1)."""

    fact: Fact
    about: tuple[str, ...]
    bound: int
    ranged: bool = False
    line: int = 0


@lru_cache(maxsize=512)
def placed_in(text: str, language: str = "") -> tuple[Placed, ...]:
    found: list[Placed] = []
    for line, sentence in enumerate(split_sentences(text)):
        read = read_facts(sentence, languages=tongues(sentence, language))
        for fact in read:
            if fact.kind == "weekday":
                blank = " " * (fact.end - fact.start)
                sentence = sentence[: fact.start] + blank + sentence[fact.end :]
        facts = [
            fact
            for fact in read
            if fact.kind in ("number", "time") and fact.values and fact.key != "article"
        ]
        found += [
            _placed(sentence, fact, facts, line)
            for fact in facts
            if not _INSTEAD.search(folded(sentence[: fact.start]))
        ]
    return tuple({(p.fact.kind, p.fact.values, p.fact.unit, p.about): p for p in found}.values())


def _placed(sentence: str, fact: Fact, facts: Sequence[Fact], line: int) -> Placed:
    rivals = [other for other in facts if other is not fact and _rivals(other, fact)]
    start = max([end for other in rivals if (end := other.end) <= fact.start], default=0)
    stop = min([other.start for other in rivals if other.start >= fact.end], default=len(sentence))
    before, after = sentence[start : fact.start], sentence[fact.end : stop]
    if start and (cut := list(_BREAK.finditer(before))):
        before = before[cut[0].end() :]
    if stop < len(sentence) and (cut := list(_BREAK.finditer(after))):
        after = after[: cut[-1].start()]
    reach = range(fact.start - len(before), fact.end + len(after))
    beside = [one for one in facts if one is not fact and one not in rivals and one.start in reach]
    around = _without(f"{before} | {after}", facts)
    words = _meaning(around) or (_meaning(_without(sentence, facts)) if rivals else ())
    counts = tuple(f"{COUNT}{min(one.values)}" for one in beside if one.values)
    about = words + counts
    return Placed(fact, about, _bound(sentence, fact), _ranged(sentence, fact, rivals), line)


def _rivals(other: Fact, fact: Fact) -> bool:
    """Also the 10 of “25 years, the inverter 10”."""
    bare = other.kind == "number" and not (other.unit or other.noun)
    return _sort(other) == _sort(fact) or (bare and bool(_sort(fact)))


def _ranged(sentence: str, fact: Fact, rivals: Sequence[Fact]) -> bool:
    """One end of “from 9:00 to 18:00”: it is about the same as the other end."""
    gaps = (sentence[min(fact.end, one.end) : max(fact.start, one.start)] for one in rivals)
    return any(len(gap) <= 10 and not re.search(r"[,;]", gap) for gap in gaps)


def _meaning(text: str) -> tuple[str, ...]:
    return tuple(word for word in content_words(text) if word not in PRICED)


def _without(text: str, facts: Sequence[Fact]) -> str:
    for fact in facts:
        text = text.replace(fact.words, " ")
    return text


def _sort(fact: Fact) -> str:
    if fact.kind == "time":
        return "time"
    if fact.unit in MONEY:
        return "money"
    return "span" if fact.unit in DURATIONS or fact.unit in LONG_DURATIONS else fact.unit


def _bound(sentence: str, fact: Fact) -> int:
    before = folded(sentence[max(0, fact.start - BEFORE) : fact.start])
    after = folded(sentence[fact.end : fact.end + AFTER])
    word = folded(fact.words)
    if denies(_clause_around(sentence, fact)):
        return 0
    most = _bounds("most_before", ends=True).search(before) or _bounds("most_after").match(after)
    least = _bounds("least_before", ends=True).search(before) or _bounds("least_after").match(after)
    if word in ("once", "twice") or bool(most) == bool(least):
        return 0
    return 1 if most else -1


def _clause_around(sentence: str, fact: Fact) -> str:
    start = max(sentence.rfind(sign, 0, fact.start) for sign in ",;:")
    stops = [at for sign in ",;:" if (at := sentence.find(sign + " ", fact.end)) > 0]
    return sentence[start + 1 : min(stops, default=len(sentence))]


@cache
def _bounds(name: str, *, ends: bool = False) -> re.Pattern[str]:
    table: dict[str, str] = json.loads((DATA / "directions.json").read_text(encoding="utf-8"))
    names = "|".join(
        re.escape(part) for part in sorted(table[name].split("|"), key=len, reverse=True)
    )
    if ends:
        return re.compile(
            rf"(?<!\w)(?:{names})\s*(?:(?:the|a|den|dem|der|las|los|le|la)\s*)?[$€£]?$"
        )
    return re.compile(rf"\s*[\w.]{{0,9}}?['’-]?\s*(?:{names})(?!\w)")


def swapped(
    sentence: str,
    source: str,
    language: str = "",
    *,
    foreign: bool = False,
    scale: tuple[float, float] | None = None,
) -> str:
    """The figure that the source gives for another thing, or as the other bound; "" for none."""
    scale = scale or (FOREIGN if foreign else OWN)
    known = placed_in(source, language)
    for said in placed_in(sentence, language):
        ground = [(one, _holds(said.fact, one.fact)) for one in known if _comparable(said, one)]
        same = [one for one, holds in ground if holds]
        others = [one for one, holds in ground if not holds]
        if same and (
            _turned(said, same)
            or _moved(said, same, others, scale)
            or (not foreign and _named_apart(said, same, others))
        ):
            return said.fact.words
    return ""


def _comparable(said: Placed, one: Placed) -> bool:
    mine, theirs = _sort(said.fact), _sort(one.fact)
    return mine == theirs or "" in (mine, theirs)


def _holds(fact: Fact, one: Fact) -> bool:
    return Ground([one], units={one.unit}).holds(fact)


def _turned(said: Placed, same: Sequence[Placed]) -> bool:
    """“up to 25” where the source says “above 25”."""
    if not said.bound:
        return False
    bounds = {one.bound for one in same}
    return bounds == {-said.bound}


def _moved(
    said: Placed,
    same: Sequence[Placed],
    others: Sequence[Placed],
    scale: tuple[float, float],
) -> bool:
    others = [one for one in others if _sort(one.fact) == _sort(said.fact)]
    if not said.about or not others or not _sort(said.fact) or said.ranged:
        return False
    counts = {word for word in said.about if word.startswith(COUNT)}
    if any(counts & set(one.about) for one in same):
        return False
    here = max(_fit(said, one) for one in same)
    there = max(_fit(said, one) for one in others)
    fits, margin = scale
    return there >= fits and there > here + margin


def _named_apart(said: Placed, same: Sequence[Placed], others: Sequence[Placed]) -> bool:
    """“students 90” of “the fee is 90, students 45”: a word belongs to another figure only."""
    others = [one for one in others if _sort(one.fact) == _sort(said.fact)]
    if said.ranged:
        return False
    return any(all(_is_of(said, one, other) for one in same) for other in others)


def _is_of(said: Placed, one: Placed, other: Placed) -> bool:
    """What the source says first is understood of a later figure as well: “a lift costs 4,200 for
    straight stairs, 8,900 for winding ones”."""
    pairs = list(zip(_nearness(said, one), _nearness(said, other), strict=True))
    against = any(there >= CLEAR and there >= here + APART for here, there in pairs)
    understood = one.line == other.line and one.fact.start < other.fact.start
    own = any(here >= CLEAR and here >= there + APART for here, there in pairs)
    return against and (understood or not own)


def _nearness(said: Placed, one: Placed) -> list[float]:
    """Of each word that the figure is about; a count is the same or it is not."""
    words = [word for word in one.about if not word.startswith(COUNT)]
    near = nearness(said.about, words)
    return [
        float(word in one.about) if word.startswith(COUNT) else value
        for word, value in zip(said.about, near, strict=True)
    ]


def _fit(said: Placed, one: Placed) -> float:
    """How well the one is about the same: 0..1."""
    mine, theirs = _words(said), _words(one)
    return _closeness(mine, theirs) if mine and theirs else 0.0


def _words(placed: Placed) -> tuple[str, ...]:
    return tuple(word for word in placed.about if not word.startswith(COUNT))


@lru_cache(maxsize=4_096)
def _closeness(words: tuple[str, ...], among: tuple[str, ...]) -> float:
    near = nearness(words, among)
    return sum(near) / len(near)
