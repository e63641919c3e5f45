"""Times that stand in the source, but for another day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from AI_model.replies.grounding.citations import split_sentences
from AI_model.replies.grounding.claims import Fact, days_named, read_facts
from AI_model.replies.grounding.figures import on_the_hour
from AI_model.replies.grounding.polarity import denies
from AI_model.replies.grounding.tongue import tongues


@dataclass(slots=True)
class _Group:
    """Days and the times that are said of them: “Saturdays from 10 to 17”."""

    days: list[Fact] = field(default_factory=list)
    times: list[Fact] = field(default_factory=list)


Slot = tuple[int, frozenset[Decimal]]
"""A weekday (Monday = 0) and the minutes after midnight that a time can mean."""


def mistimed(sentence: str, source: str, language: str = "") -> bool:
    """Whether it gives a day a time that the source knows, but for other days only."""
    known = slots_in(source, language)
    days = {day for day, _ in known}
    for day, time in slots_in(sentence, language):
        holders = {other for other, one in known if one & time}
        if day in days and holders and day not in holders:
            return True
    return False


@lru_cache(maxsize=512)
def slots_in(text: str, language: str = "") -> tuple[Slot, ...]:
    found: list[Slot] = []
    for sentence in split_sentences(text):
        facts = read_facts(sentence, languages=tongues(sentence, language))
        if denies(sentence):
            continue
        for group in _groups([fact for fact in facts if _is_day(fact) or _is_time(fact)]):
            found += _slots(sentence, group)
    return tuple(found)


def _is_day(fact: Fact) -> bool:
    return fact.kind == "weekday"


def _is_time(fact: Fact) -> bool:
    """Also the 10 of “from 10 to 17 h”."""
    bare = fact.kind == "number" and fact.unit in ("", "clock") and not fact.noun
    return fact.kind == "time" or (bare and bool(fact.values) and max(fact.values) <= 24)


def _groups(facts: Sequence[Fact]) -> Iterator[_Group]:
    """Days come first in all groups of a sentence, or times do."""
    group, days_first = _Group(), bool(facts) and _is_day(facts[0])
    for fact in facts:
        begins = _is_day(fact) == days_first
        if begins and (group.times if days_first else group.days):
            yield group
            group = _Group()
        (group.days if _is_day(fact) else group.times).append(fact)
    if group.days and group.times:
        yield group


def _slots(sentence: str, group: _Group) -> Iterator[Slot]:
    start, end = group.days[0].start, group.days[-1].end
    named = [replace(day, start=day.start - start, end=day.end - start) for day in group.days]
    for day in days_named(sentence[start:end], named):
        for time in group.times:
            yield day, frozenset(time.values if time.kind == "time" else on_the_hour(time))
