"""Tables of plain text, and promises that are kept or broken."""

from collections.abc import Sequence
from dataclasses import dataclass, field

FIRST = 34
"""Width of the first column, in characters."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that the README says. `value` and `limit` in the same unit."""

    text: str
    value: float
    limit: float
    at_least: bool = True

    @property
    def kept(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        sign = "at least" if self.at_least else "at most"
        return (
            f"{'ok ' if self.kept else 'NO '} {self.text}: {self.value:g} ({sign} {self.limit:g})"
        )


@dataclass(slots=True)
class Table:
    title: str
    headings: Sequence[str]
    rows: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, *cells: str) -> None:
        self.rows.append((name, cells))

    def text(self) -> str:
        lines = [_line(name, cells, self._widths()) for name, cells in self._all_rows()]
        return "\n".join([self.title, *lines, *(f"  {note}" for note in self.notes)])

    def _all_rows(self) -> list[tuple[str, Sequence[str]]]:
        return [("", self.headings), *self.rows]

    def _widths(self) -> list[int]:
        cells = [row for _, row in self._all_rows()]
        return [max(map(len, column)) + 2 for column in zip(*cells, strict=True)]


@dataclass(slots=True)
class Section:
    """What one part of the measurement found. `problems`: what broke a promise, in words."""

    tables: list[Table] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def _line(name: str, cells: Sequence[str], widths: Sequence[int]) -> str:
    columns = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
    return (name.ljust(FIRST) + "".join(columns)).rstrip()
