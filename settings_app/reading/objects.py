"""JSON: a list of entries, or any other data as lines of a text."""

import json
import re
from collections.abc import Iterator
from typing import Any

from core.lib.decoding import DecodeError, decode_json
from settings_app.reading.clean import one_line
from settings_app.reading.rows import row_of_object
from settings_app.reading.shapes import MAX_BYTES, Refused, Row

NO_LIST = "A list of objects with question and answer is needed, or such a list under “entries”."
_LIST = re.compile(r'\s*(?:\{.*?"entries"\s*:\s*)?\[', re.DOTALL)
_BETWEEN = re.compile(r"[\s,]*")


def parse(text: str) -> Any:
    """Raises Refused."""
    try:
        raw = text.lstrip("\ufeff").encode("utf-8", "replace")
        return decode_json(raw, max_bytes=MAX_BYTES * 4, allow_nul=True)
    except DecodeError as error:
        raise Refused(f"This file is not JSON that can be read: {error.reason[:150]}.") from None


def entries_of(value: Any) -> list[Any] | None:
    """The list that may hold entries; None when it is data of another kind."""
    found = value.get("entries") if isinstance(value, dict) else value
    if not isinstance(found, list):
        return None
    named = [item for item in found if isinstance(item, dict) and "question" in item]
    return found if named or not found else None


def entry_rows(text: str, found: list[Any]) -> Iterator[Row]:
    lines = _item_lines(text, found)
    return (row_of_object(line, item) for line, item in zip(lines, found, strict=True))


def _item_lines(text: str, found: list[Any]) -> list[int]:
    """Where each item begins; their numbers where that can't be told."""
    start = _LIST.match(text)
    lines = list(_walk(text, start.end(), len(found))) if start else []
    return lines if len(lines) == len(found) else list(range(1, len(found) + 1))


def _walk(text: str, at: int, count: int) -> Iterator[int]:
    decoder, line, seen = json.JSONDecoder(), 1, 0
    for _ in range(count):
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        line += text.count("\n", seen, at)
        seen = at
        try:
            _, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield line


def data_text(value: Any) -> str:
    """A line for each value, after the names that lead to it."""
    return "\n".join(line for line in _data_lines(value) if line)


def _data_lines(value: Any) -> Iterator[str]:
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, dict):
            inner = [(f"{path} / {name}" if path else name, part) for name, part in item.items()]
            if not inner:
                yield one_line(path)
            waiting += reversed(inner)
        elif isinstance(item, list):
            waiting += [(path, part) for part in reversed(item)]
        else:
            shown = "" if item is None else str(item)
            yield one_line(f"{path}: {shown}" if path else shown)
