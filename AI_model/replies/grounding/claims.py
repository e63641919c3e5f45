"""The facts in a text that can be held against another text: figures, times, contacts, links."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, lru_cache
from itertools import pairwise
from typing import Literal

from AI_model.replies.grounding.contacts import read_contacts
from AI_model.replies.grounding.numbers import (
    DATA,
    SCALES,
    compose_words,
    folded,
    number_words,
    unit_of,
    values_of,
)

Kind = Literal["number", "time", "weekday", "month", "link", "email", "phone", "handle"]

_CLOCK = re.compile(
    r"(?<![\d.,])(\d{1,2})\s?[:.h]\s?(\d{2})(?!\d|[.,]\d)\s*(?:(a\.?\s?m|p\.?\s?m)\b\.?|(uhr|h)\b)?"
    r"|(?<![\d.,:])(\d{1,2})\s?(?:(a\.?m\b|p\.?m\b)\.?|(uhr\b|o['’]clock|点|時|시))",
    re.IGNORECASE,
)
_DOTTED_DATE = re.compile(
    r"(?<!\d)(\d{1,2})([./])(\d{1,2})\2(\d{4}|\d{2})?(?!\d)|(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)"
)
_NUMERAL = re.compile(
    r"(?<![\w.,])[$€£₽₴₺₹¥₸₩฿₫#+~≈]?\d(?:[\d]|[.,'\u00a0\u202f\u2009 ](?=\d{3}(?!\d))|[.,](?=\d))*"
)
_BEFORE = re.compile(r"(?:([$€£₽₴₺₹¥₸₩฿₫])|\b(US\$|USD|EUR|GBP|RUB|UZS|TRY|CHF|Rs\.?|R\$))\s*$")
_AFTER = re.compile(r"[\s\u00a0\u202f-]{0,2}(%|[$€£₽₴₺₹¥₸₩฿₫]|[^\W\d_]+(?:['’ʻʼ`][^\W\d_]+)?)")
_WORD = re.compile(r"[^\W\d_]+(?:['’ʻʼ`][^\W\d_]+)*")
_JOIN = re.compile(
    r"^\s*(?:[-–—]|to|bis|до|и|and|or|or|und|a|à|y|ile|ila|dan|dan\s+|up to)\s*$", re.I
)
_LIST_MARK = re.compile(r"^[ \t]*(\d{1,2})[.)][ \t]", re.MULTILINE)
_FILLER = frozenset(
    "business working arbeits рабочих рабочие calendar kalender full more ish iş hábiles laborables".split()
)
ONE = frozenset(
    "one ein eine einen einem einer un une una uno один одна одну одного одной bir bitta um uma een één jeden jedna jedną jednego".split()
)
# “a week” is seven days where it is looked up, but nobody claims a figure with it.
ARTICLES = frozenset("a an ein eine einen einem einer un une una uno um uma een bir".split())
# “within an hour”, “for a year”: here somebody does.
_LASTS = re.compile(
    r"\b(?:within|in|for|after|takes?|lasts?|innerhalb|nach|für|binnen|dauert|en|dentro de|durante|tras|dans|"
    r"pendant|après|pour|entro|dopo|per|dura|em|após|por|na|voor)\s+$",
    re.IGNORECASE,
)
TIMES = frozenset(
    "times mal fois veces volte vezes keer razy раз раза разів kez kere marta".split()
)
DAY = 24 * 60
_DATE_GAP = re.compile(r"(?:st|nd|rd|th|er|\.|º)?\s*(?:of|de|,)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fact:
    """`values`: what the figure can mean, minutes after midnight for a time. `noun`: the word after a bare
    figure. `start`, `end`: the place."""

    kind: Kind
    words: str
    start: int
    end: int
    values: frozenset[Decimal] = field(default_factory=frozenset)
    unit: str = ""
    key: str = ""
    noun: str = ""


def read_facts(text: str, *, languages: tuple[str, ...] = ("en",)) -> list[Fact]:
    """All facts in the order of the text; `languages` are those its number words may be in."""
    return list(_read(text, languages))


@lru_cache(maxsize=2_048)
def _read(text: str, languages: tuple[str, ...]) -> tuple[Fact, ...]:
    rest, found = text, []
    for start, end, kind, key in read_contacts(text):
        found.append(Fact(kind, text[start:end], start, end, key=key))
        rest = _blanked(rest, start, end)
    for match in _LIST_MARK.finditer(rest):
        rest = _blanked(rest, *match.span(1))
    for reader in (_phrases, _dates, _times):
        for fact in reader(rest):
            found.append(fact)
            rest = _blanked(rest, fact.start, fact.end)
    figures = sorted([*_numerals(rest), *_words(rest, languages)], key=lambda fact: fact.start)
    months = list(_months_beside(rest, figures))
    found += _with_shared_units([_dated(fact, months, rest) for fact in figures], rest)
    found += [*months, *_named(rest, "weekday")]
    return tuple(sorted(found, key=lambda fact: fact.start))


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _phrases(text: str) -> Iterator[Fact]:
    for name, minutes in (("half_hour", 30), ("quarter_hour", 15)):
        for match in re.finditer(_table_text(name), text, re.IGNORECASE):
            value = frozenset({Decimal(minutes)})
            yield Fact("number", match[0], *match.span(), value, "minute", "phrase")


def _dates(text: str) -> Iterator[Fact]:
    for match in _DOTTED_DATE.finditer(text):
        if match[5]:
            year, month, day = int(match[5]), int(match[6]), int(match[7])
        else:
            day, month, year = int(match[1]), int(match[3]), int(match[4] or 0)
        if 1 <= month <= 31 and 1 <= day <= 31:
            yield Fact(
                "number",
                match[0],
                *match.span(),
                key=f"date {min(day, month)} {max(day, month)} {year % 100}",
            )


def _times(text: str) -> Iterator[Fact]:
    for match in _CLOCK.finditer(text):
        hour = int(match[1] or match[5])
        minute = int(match[2] or 0)
        half = (match[3] or match[6] or "").replace(".", "").replace(" ", "").lower()
        sure = ":" in match[0] or match[3] or match[4] or match[6] or match[7]
        if hour > 24 or minute > 59 or not sure:
            continue
        yield Fact("time", match[0].strip(), *match.span(), _minutes(hour, minute, half), half)


def _minutes(hour: int, minute: int, half: str) -> frozenset[Decimal]:
    if half == "pm" and hour < 12:
        hour += 12
    if half == "am" and hour == 12:
        hour = 0
    return frozenset({Decimal((hour * 60 + minute) % DAY)})


def _numerals(text: str) -> Iterator[Fact]:
    for match in _NUMERAL.finditer(text):
        if values := values_of(match[0].lstrip("$€£₽₴₺₹¥₸₩฿₫#+~≈")):
            yield _with_unit(text, match.start(), match.end(), values)


def _with_unit(text: str, start: int, end: int, values: frozenset[Decimal]) -> Fact:
    """The unit before or after a figure; a scale (“5 thousand”) belongs to the figure."""
    before = _BEFORE.search(text[max(0, start - 6) : start])
    unit = unit_of(before[1] or before[2].rstrip(".")) if before else ""
    unit = unit or (unit_of(text[start]) if text[start] in "$€£₽₴₺₹¥₸₩฿₫" else "")
    stop = end
    for _ in range(3):
        after = _AFTER.match(text, stop)
        word = folded(after[1]) if after else ""
        if not after or unit in ("percent", "times"):
            break
        if word in SCALES and word not in ("m", "к") and values:
            values, end = frozenset(v * SCALES[word] for v in values), after.end()
        elif word in TIMES:
            unit = unit or "times"
        elif named := unit_of(word):
            unit, end = unit or named, after.end()
            break
        elif word not in _FILLER:
            break
        stop = after.end()
    values = frozenset(value.normalize() for value in values)
    noun = "" if unit else _noun_after(text, end)
    return Fact("number", text[start:end].strip(), start, end, values, unit, noun=noun)


def _noun_after(text: str, end: int) -> str:
    after = re.match(r"[ \u00a0-]([^\W\d_]{4,})", text[end:])
    return folded(after[1]) if after else ""


def _words(text: str, languages: tuple[str, ...]) -> Iterator[Fact]:
    known: dict[str, int] = {}
    for language in languages:
        known = number_words(language) | known
    held: list[tuple[int, int, int]] = []
    for match in _WORD.finditer(text):
        value = known.get(folded(match[0])) or known.get(folded(match[0]).replace("'", ""))
        near = not held or _joins(held[-1][2], value, text[held[-1][1] : match.start()])
        if held and (value is None or not near):
            yield _spelled(text, held)
            held = []
        if value is not None:
            held.append((match.start(), match.end(), value))
        elif folded(match[0]) in ONE | ARTICLES and (one := _one_of(text, match)):
            yield one
    if held:
        yield _spelled(text, held)


def _joins(before: int, value: int | None, between: str) -> bool:
    """“thirty five” is one figure, “six-seven” are two."""
    if value is None or not re.fullmatch(r"[\s-]+(?:(?:und|and|y|e)\s+)?", between):
        return False
    tens = before >= 20 and before % 10 == 0 and value < 20
    return tens or value >= 100 or before >= 100 or (before, value) == (4, 20)


def _one_of(text: str, match: re.Match[str]) -> Fact | None:
    """“one week” is a figure, “one of us” is none."""
    fact = _with_unit(text, match.start(), match.end(), frozenset({Decimal(1)}))
    if fact.unit in ("", "times"):
        return None
    article = folded(match[0]) in ARTICLES and not _LASTS.search(text[: match.start()])
    return replace(fact, key="article") if article else fact


def _spelled(text: str, held: list[tuple[int, int, int]]) -> Fact:
    value = compose_words([value for _, _, value in held])
    fact = _with_unit(text, held[0][0], held[-1][1], frozenset({Decimal(value)}))
    twice = folded(text[held[0][0] : held[0][1]]) == "twice"
    return replace(fact, unit="times") if twice else fact


def _with_shared_units(figures: list[Fact], text: str) -> list[Fact]:
    """In “5-7 days” the five are days, too."""
    shared = list(figures)
    for n in range(len(shared) - 2, -1, -1):
        one, other = shared[n], shared[n + 1]
        if not one.unit and other.unit and _JOIN.match(text[one.end : other.start] or "x"):
            shared[n] = replace(one, unit=other.unit)
    return shared


def _named(text: str, kind: Kind) -> Iterator[Fact]:
    for match in _WORD.finditer(text):
        if (number := _number_of(folded(match[0]), kind)) is not None:
            yield Fact(kind, match[0], *match.span(), frozenset({Decimal(number)}))
    for match in _short_weekdays().finditer(text) if kind == "weekday" else ():
        number = _short_names()[match[1]]
        yield Fact(kind, match[1], *match.span(1), frozenset({Decimal(number)}))


@lru_cache(maxsize=20_000)
def _number_of(word: str, kind: Kind) -> int | None:
    names = _weekday_names() if kind == "weekday" else _month_names()
    if word in names:
        return names[word]
    stems = (
        number for stem, number in names.items() if stem[-1] == "*" and word.startswith(stem[:-1])
    )
    return next(stems, None)


def _months_beside(text: str, figures: list[Fact]) -> Iterator[Fact]:
    """A month counts where it makes a date: “may” and “mars” are words, too."""
    for fact in _named(text, "month"):
        if any(_beside(figure, fact, text) for figure in figures):
            yield fact


def _dated(figure: Fact, months: list[Fact], text: str) -> Fact:
    """The day in “2 March” is no other two."""
    month = next((one for one in months if _beside(figure, one, text)), None)
    if month is None or figure.unit or max(figure.values) > 31:
        return figure
    return replace(figure, unit=f"month {next(iter(month.values))}", noun="")


def _beside(figure: Fact, month: Fact, text: str) -> bool:
    first, second = sorted((figure, month), key=lambda fact: fact.start)
    return _DATE_GAP.fullmatch(text[first.end : second.start]) is not None


@cache
def _table() -> dict[str, list[str] | str]:
    table: dict[str, list[str] | str] = json.loads(
        (DATA / "calendar.json").read_text(encoding="utf-8")
    )
    return table


def _table_text(name: str) -> str:
    return str(_table()[name])


@cache
def _weekday_names() -> dict[str, int]:
    return {folded(w): n for n, words in enumerate(_table()["weekdays"]) for w in words.split()}


@cache
def _month_names() -> dict[str, int]:
    order = (1, 2, 3, 5, 4, 6, 7, 8, 9, 10, 11, 12)
    rows = zip(order, _table()["months"], strict=True)
    return {folded(w): n for n, words in rows for w in words.split()}


@cache
def _short_names() -> dict[str, int]:
    return {w: n for n, words in enumerate(_table()["short_weekdays"]) for w in words.split()}


@cache
def _short_weekdays() -> re.Pattern[str]:
    names = "|".join(map(re.escape, sorted(_short_names(), key=len, reverse=True)))
    return re.compile(
        rf"(?<!\w)({names})(?=\.?\s*(?:[-–—,:/&]|to\b|\d))|(?<=[-–—,/&])\s?({names})(?!\w)"
    )


def days_named(text: str, facts: list[Fact]) -> set[int]:
    """The weekdays (Monday = 0) that a text speaks of, those between “Mon” and “Fri” too."""
    named = [fact for fact in facts if fact.kind == "weekday"]
    days = {int(value) for fact in named for value in fact.values}
    for one, other in pairwise(named):
        if _reaches(text[one.end : other.start]):
            first, last = (int(next(iter(fact.values))) for fact in (one, other))
            days |= {(first + n) % 7 for n in range((last - first) % 7 + 1)}
    words = [folded(match[0]) for match in _WORD.finditer(text)]
    for name, covered in (("working_days", range(5)), ("weekend", (5, 6)), ("every_day", range(7))):
        if any(_listed(word, name) for word in words):
            days |= set(covered)
    return days


def _reaches(between: str) -> bool:
    return len(between) <= 12 and not re.search(
        r",|;|&|/|\b(?:and|or|und|oder|y|o|et|ou|e|и|или|ve|va|i|en)\b", between
    )


@lru_cache(maxsize=20_000)
def _listed(word: str, name: str) -> bool:
    return any(
        word.startswith(entry[:-1]) if entry.endswith("*") else word == entry
        for entry in _table_text(name).split()
    )
