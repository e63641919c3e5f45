"""Is the wish for a person understood, in every language, and nothing else taken for it?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from AI_model.replies.phrases import asks_for_person
from eval import limits
from eval.report import Promise, Section, Table

DATA = Path(__file__).parent / "data"
TUNED, CHECK = DATA / "person.jsonl", DATA / "person_check.jsonl"


@dataclass(frozen=True, slots=True)
class Wish:
    """`wanted`: a person is wanted; `heard`: we noticed one."""

    language: str
    text: str
    wanted: bool
    heard: bool


def measure() -> Section:
    wishes = read(CHECK)
    meant = [one for one in wishes if one.wanted]
    others = [one for one in wishes if not one.wanted]
    section = Section([_table(wishes, read(TUNED))])
    section.promises = [
        Promise(
            "wishes for a person that are understood, percent", _heard(meant), limits.UNDERSTOOD
        ),
        Promise("other messages taken for one, percent", _heard(others), limits.MISTAKEN, False),
    ]
    section.problems = [
        f"{'not heard' if one.wanted else 'heard without cause'}, {one.language}: {one.text}"
        for one in wishes
        if one.heard != one.wanted
    ]
    return section


def read(path: Path) -> list[Wish]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Wish(row["lang"], row["text"], row["wants_person"], asks_for_person(row["text"]))
        for row in rows
    ]


def _heard(wishes: Sequence[Wish]) -> float:
    return round(100 * sum(one.heard for one in wishes) / len(wishes), 1)


def _table(wishes: Sequence[Wish], tuned: Sequence[Wish]) -> Table:
    languages = sorted({one.language for one in wishes})
    title = f"Person requests, {len(languages)} languages"
    table = Table(title, ("wanted", "understood", "others", "mistaken"))
    for language in languages:
        of = [one for one in wishes if one.language == language]
        if any(one.heard != one.wanted for one in of):
            _add(table, language, of)
    _add(table, "all languages", wishes)
    _add(table, "the set it was tuned on", tuned)
    return table


def _add(table: Table, name: str, wishes: Sequence[Wish]) -> None:
    meant = [one for one in wishes if one.wanted]
    others = [one for one in wishes if not one.wanted]
    counts = (len(meant), sum(o.heard for o in meant), len(others), sum(o.heard for o in others))
    table.add(name, *map(str, counts))
