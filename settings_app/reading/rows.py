"""Cells and JSON objects become entries, or the reason why they are none."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from settings_app.entries import ENTRY_FIELDS, EntryDraft, draft_entry, problem_of
from settings_app.reading.clean import visible
from settings_app.reading.shapes import Row

KEPT_FIELDS = ("answer", "phrasings", "tags", "language", "valid_from", "valid_to")
COLUMNS = {"question", *KEPT_FIELDS}
_DAYS = ("valid_from", "valid_to")
_LISTS = ("phrasings", "tags")


class _Wrong(Exception):
    """A value can't be used; the text says why."""


def row_of_cells(line: int, cells: Mapping[str, str]) -> Row:
    """A row of a table: tags are parted by commas or bars, phrasings by bars or lines."""
    phrasings = cells.get("phrasings", "").replace("\n", "|").split("|")
    tags = cells.get("tags", "").replace("|", ",").split(",")
    values = {**cells, "phrasings": phrasings, "tags": tags}
    return _row(line, {name: value for name, value in values.items() if name in cells})


def row_of_object(line: int, value: Any) -> Row:
    """An object of a JSON list, with the same names as a table's columns."""
    if not isinstance(value, dict):
        return Row(line, reason="This is not an object with question and answer.")
    if unknown := sorted(set(map(str, value)) - COLUMNS - {"id", "is_active"}):
        return Row(line, reason=f"There is no field {unknown[0][:40]}.")
    return _row(line, {name: value[name] for name in COLUMNS if value.get(name) is not None})


def row_of_pair(line: int, asked: Iterable[str], answer: str) -> Row:
    question, *others = asked
    values = {"question": question, "answer": answer}
    return _row(line, values | ({"phrasings": others} if others else {}))


def _row(line: int, values: Mapping[str, Any]) -> Row:
    try:
        draft = _draft(values)
    except _Wrong as wrong:
        return Row(line, reason=str(wrong))
    if problem := problem_of(draft):
        return Row(line, reason=problem)
    fields = tuple(name for name in KEPT_FIELDS if name in values)
    return Row(line, words=_state(draft), fields=fields)


def _draft(values: Mapping[str, Any]) -> EntryDraft:
    return draft_entry(
        question=_text(values, "question"),
        answer=_text(values, "answer"),
        language=_text(values, "language"),
        phrasings=_list(values, "phrasings"),
        tags=_list(values, "tags"),
        valid_from=_day(values, "valid_from"),
        valid_to=_day(values, "valid_to"),
    )


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, "")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Wrong(f"The {name} is not a text.")
    return visible(str(value))


def _list(values: Mapping[str, Any], name: str) -> list[str]:
    value = values.get(name, [])
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise _Wrong(f"The {name} are not a list of texts.")
    return [visible(item) for item in items]


def _day(values: Mapping[str, Any], name: str) -> date | None:
    text = _text(values, name).strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise _Wrong(f"The day {name} is not written like 2026-12-31.") from None


def _state(draft: EntryDraft) -> dict[str, Any]:
    state: dict[str, Any] = {name: getattr(draft, name) for name in ENTRY_FIELDS}
    days = {name: state[name].isoformat() if state[name] else None for name in _DAYS}
    return state | days | {name: list(state[name]) for name in _LISTS}
