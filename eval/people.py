"""Is the wish for a person understood, in every language, and nothing else taken for it?"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from AI_model.replies.phrases import asks_for_person
from eval.report import Promise, Section, Table

FILE = Path(__file__).parent / "data" / "person.jsonl"


@dataclass(frozen=True, slots=True)
class Wish:
    """`wanted`: a person is wanted; `heard`: we noticed one."""

    language: str
    text: str
    wanted: bool
    heard: bool


def measure(path: Path = FILE) -> Section:
    if not path.exists():
        return Section()
    wishes = [_wish(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    meant = [one for one in wishes if one.wanted]
    others = [one for one in wishes if not one.wanted]
    section = Section([_table(wishes)])
    section.promises = [
        Promise("wishes for a person that are understood, percent", _heard(meant), 95),
        Promise("other messages taken for one, percent", _heard(others), 2, False),
    ]
    section.problems = [
        f"{'not heard' if one.wanted else 'heard without cause'}, {one.language}: {one.text}"
        for one in wishes
        if one.heard != one.wanted
    ]
    return section


def _wish(row: dict[str, Any]) -> Wish:
    return Wish(row["lang"], row["text"], bool(row["wants"]), asks_for_person(row["text"]))


def _heard(wishes: Sequence[Wish]) -> float:
    return round(100 * sum(one.heard for one in wishes) / len(wishes), 1)


def _table(wishes: Sequence[Wish]) -> Table:
    table = Table("Person requests, by language", ("wanted", "understood", "others", "mistaken"))
    for language in sorted(Counter(one.language for one in wishes)):
        _add(table, language, [one for one in wishes if one.language == language])
    _add(table, "all", wishes)
    return table


def _add(table: Table, name: str, wishes: Sequence[Wish]) -> None:
    meant = [one for one in wishes if one.wanted]
    others = [one for one in wishes if not one.wanted]
    counts = (len(meant), sum(o.heard for o in meant), len(others), sum(o.heard for o in others))
    table.add(name, *map(str, counts))
