"""CSV: rows with the columns question and answer are entries, others are lines of a text."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from settings_app.reading.clean import one_line, visible
from settings_app.reading.rows import COLUMNS, row_of_cells
from settings_app.reading.shapes import Refused, Row

DELIMITERS = ",;\t|"
NO_COLUMNS = "The first line must name the columns, “question” and “answer” among them."
UNREADABLE = "Not readable as CSV ({error}); is a quote not closed?"


def entry_rows(text: str) -> Iterator[Row]:
    """Rows with the columns question, answer and what else `COLUMNS` names. Raises Refused."""
    header, _, _ = text.partition("\n")
    delimiter = _delimiter(header)
    names = [_name(cell) for cell in header.strip().split(delimiter)]
    if not {"question", "answer"} <= set(names):
        raise Refused(NO_COLUMNS)
    if unknown := sorted(set(names) - COLUMNS - {""}):
        known = ", ".join(sorted(COLUMNS))
        raise Refused(f"Unknown columns: {', '.join(unknown)[:100]}. Known: {known}.")
    return _entries(text, delimiter, names)


def _delimiter(header: str) -> str:
    return max(DELIMITERS, key=header.count)


def _name(cell: str) -> str:
    return visible(cell).strip().strip('"').strip().lower()


def _entries(text: str, delimiter: str, names: Sequence[str]) -> Iterator[Row]:
    for line, values in _lines(text, delimiter):
        if line == 1:
            continue
        if isinstance(values, str):
            yield Row(line, reason=values)
        elif len(values) > len(names):
            reason = f"{len(values)} columns, but the first line names {len(names)}."
            yield Row(line, reason=reason)
        elif any(visible(value).strip() for value in values):
            filled = [*values, *[""] * len(names)]
            yield row_of_cells(line, dict(zip(names, filled, strict=False)))


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """(line where it starts, cells or what is wrong with it)."""
    reader: Any = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, UNREADABLE.format(error=error)


def table_text(text: str) -> tuple[str, list[str]]:
    """A line for each row, each value after its column's name; and what could not be read."""
    delimiter = _delimiter(text.partition("\n")[0])
    problems: list[str] = []
    rows: list[list[str]] = []
    for line, values in _lines(text, delimiter):
        if isinstance(values, str):
            problems.append(f"Line {line}: {values}")
            rows.append([visible(text.split("\n")[line - 1])])
        elif any(cells := [one_line(value) for value in values]):
            rows.append(cells)
    return "\n\n".join(_named(rows)), problems


def _named(rows: list[list[str]]) -> Iterator[str]:
    if len(rows) > 1 and _is_header(rows[0]):
        names = rows[0]
        yield "; ".join(names)
        for row in rows[1:]:
            yield _sentence(names, row)
    else:
        yield from ("; ".join(filter(None, row)) for row in rows)


def _is_header(cells: Sequence[str]) -> bool:
    words = all(cell and not any(char.isdigit() for char in cell) for cell in cells)
    return words and len(set(cells)) == len(cells) > 1 and max(map(len, cells)) <= 40


def _sentence(names: Sequence[str], row: Sequence[str]) -> str:
    extra = [""] * max(0, len(row) - len(names))
    cells = zip([*names, *extra], row, strict=False)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in cells if cell)


def pairs_text(rows: Iterator[Row]) -> tuple[str, list[str]]:
    """Entries as “Q: … A: …”, for a file that is a source; and what was refused."""
    blocks, problems = [], []
    for row in rows:
        if row.words is None:
            problems.append(f"Line {row.line}: {row.reason}")
            continue
        asked = [row.words["question"], *row.words["phrasings"]]
        blocks.append("\n".join([*(f"Q: {text}" for text in asked), f"A: {row.words['answer']}"]))
    return "\n\n".join(blocks), problems
