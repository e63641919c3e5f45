"""Which facts of an answer stand in none of the texts that it may rest on."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from AI_model.replies.grounding.claims import DAY, Fact, days_named, read_facts
from AI_model.replies.grounding.numbers import DURATIONS, LONG_DURATIONS, MONEY
from AI_model.replies.grounding.tongue import tongues

NOON = Decimal(DAY // 2)
SHORTEST_PHONE = 7
COUNTED = MONEY | DURATIONS.keys() | LONG_DURATIONS.keys() | {"percent"}
CONTACTS = frozenset(("link", "email", "handle", "phone"))


@dataclass(slots=True)
class Ground:
    """The facts of some texts, ready to be looked up."""

    facts: list[Fact] = field(default_factory=list)
    days: set[int] = field(default_factory=set)
    digits: str = ""
    reads_nouns: bool = False
    units: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, texts: Iterable[str], language: str = "", *, reads_nouns: bool = False) -> "Ground":
        """`reads_nouns`: in one language with the answer, so that its words can be compared."""
        ground = cls(reads_nouns=reads_nouns)
        for text in filter(None, texts):
            facts = read_facts(text, languages=tongues(text, language))
            ground.facts += facts
            ground.days |= days_named(text, facts)
            ground.digits += "|" + re.sub(r"\D", "", text)
        ground.facts = _once(ground.facts)
        ground.units = {fact.unit for fact in ground.facts}
        return ground

    def holds(self, fact: Fact) -> bool:
        """Whether the same stands here, however it is written."""
        match fact.kind:
            case "number":
                return any(_same_figure(fact, one, self) for one in self.facts)
            case "time":
                return any(_same_time(fact, one) for one in self.facts)
            case "weekday":
                return any(int(value) in self.days for value in fact.values)
            case "phone":
                return any(_same_phone(fact, one) for one in self.facts) or (
                    len(fact.key) >= SHORTEST_PHONE and fact.key in self.digits
                )
            case "link":
                return any(_same_link(fact, one) for one in self.facts)
            case "month":
                return any(one.kind == "month" and one.values & fact.values for one in self.facts)
            case _:
                return any(one.kind == fact.kind and one.key == fact.key for one in self.facts)


def _once(facts: Iterable[Fact]) -> list[Fact]:
    """A long price list says most things more than once."""
    return list({(f.kind, f.values, f.unit, f.key): f for f in facts}.values())


def unfounded(facts: Sequence[Fact], ground: Ground, asked: Ground, *, denies: bool) -> list[Fact]:
    """Facts of one sentence that were made up; `denies`: it says that something is not so.

    A customer's own figure may be said back, but their word makes no price and no open day.
    """
    return [
        fact
        for fact in facts
        if fact.key != "article"
        and not ground.holds(fact)
        and not _echoes(fact, asked, denies=denies)
    ]


def _echoes(fact: Fact, asked: Ground, *, denies: bool) -> bool:
    if fact.kind in ("link", "email", "handle"):
        return False
    priced = fact.unit in MONEY or fact.unit == "percent"
    if priced or fact.kind == "weekday":
        return denies and asked.holds(fact)
    return asked.holds(fact)


def _same_figure(fact: Fact, one: Fact, ground: Ground) -> bool:
    if fact.key.startswith("date") or one.key.startswith("date"):
        return fact.key == one.key
    if one.kind == "time":
        return fact.unit in ("", "hour") and bool(on_the_hour(fact) & one.values)
    if one.kind != "number":
        return False
    if fact.values & one.values and _fitting(fact.unit, one.unit, ground.units):
        # “90 pence” is not what “90 minutes” says, though nobody knows the unit “pence”.
        return not (ground.reads_nouns and fact.noun and one.unit in COUNTED)
    return _same_span(fact, one)


def _fitting(unit: str, other: str, units: set[str]) -> bool:
    """A figure without a unit may be of any; a price only of a currency that is spoken of."""
    if unit == other or not unit:
        return True
    if not other:
        return unit in units if unit in MONEY or unit == "percent" else True
    return False


def _same_span(fact: Fact, one: Fact) -> bool:
    """14 days are two weeks, 60 minutes an hour."""
    for table in (DURATIONS, LONG_DURATIONS):
        if fact.unit in table and one.unit in table:
            mine = {value * table[fact.unit] for value in fact.values}
            return bool(mine & {value * table[one.unit] for value in one.values})
    return False


def on_the_hour(fact: Fact) -> set[Decimal]:
    hours = {value * 60 % DAY for value in fact.values if value <= 24}
    return hours | {value + NOON for value in hours if value < NOON}


def _same_time(fact: Fact, one: Fact) -> bool:
    if one.kind == "time":
        return bool(fact.values & one.values)
    if one.kind == "number" and one.unit in ("", "clock", "hour"):
        return bool(fact.values & on_the_hour(one))
    return False


def _same_phone(fact: Fact, one: Fact) -> bool:
    if one.kind != "phone":
        return False
    short, long = sorted((fact.key, one.key), key=len)
    return len(short) >= SHORTEST_PHONE and long.endswith(short)


def _same_link(fact: Fact, one: Fact) -> bool:
    """The same place, or the front page of the same house."""
    if one.kind != "link":
        return False
    return fact.key == one.key or fact.key == re.split(r"[/?#:]", one.key, maxsplit=1)[0]
