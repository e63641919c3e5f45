"""What a reading gives, and how much of it there may be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

MAX_BYTES = 50_000_000
MAX_CHARACTERS = 2_000_000
"""Of text in the documents of one file."""
MAX_ENTRIES = 20_000
MAX_ENTRY_CHARACTERS = 20_000_000
MAX_PAGES = 3_000
MAX_TITLE = 300

Purpose = Literal["entries", "documents", "pages"]
"""Entries: question and answer pairs, and what is left over. Documents: all of it as text.
Pages: lines of `sites.RawPage`, several pages of a site at a time."""

TOO_LARGE = "This file is larger than 50 MB; split it."
TOO_MUCH_TEXT = f"This file holds more than {MAX_CHARACTERS:,} characters of text; split it."
TOO_MUCH_MEMORY = "This file takes too much memory to read; split it."
TOO_SLOW = "This file takes too long to read; split it."
EMPTY = "There is no text in this file."


class Refused(Exception):
    """The file can't be read; `reason` is one sentence that says what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Document:
    """Markdown text; a form feed parts the pages of a file. `place` = its address, "" = a file."""

    title: str
    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry that stands on `line`, or the reason why it is none.

    `words` is an entry's state (see `settings_app.versions`), days as ISO texts. `fields` = what
    the file speaks of; an existing entry keeps the others.
    """

    line: int
    words: dict[str, Any] | None = None
    reason: str = ""
    fields: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        return str(self.words["question"]) if self.words else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read while the rest could."""

    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` pages are read."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a site: its text, "" where there is none, and where it leads.

    `canonical` = the address it wants to be known by; `listed` = it may be found by search engines.
    """

    place: str
    title: str = ""
    text: str = ""
    canonical: str = ""
    base: str = ""
    refresh: str = ""
    listed: bool = True
    links: list[str] = field(default_factory=list)


Item = Document | Row | Problem | Progress | Page


@dataclass(slots=True)
class Reading:
    """All that came out of a file."""

    documents: list[Document] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)

    def take(self, items: Iterable[Item]) -> "Reading":
        for item in items:
            match item:
                case Document():
                    self.documents.append(item)
                case Row():
                    self.rows.append(item)
                case Page():
                    self.pages.append(item)
                case Problem(text):
                    self.problems.append(text)
        return self
