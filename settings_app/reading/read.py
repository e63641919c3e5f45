"""Bytes of any kind become items, here and now. `child` does the same in a process of its own."""

from collections.abc import Iterable, Iterator
from pathlib import PurePath

from settings_app.reading import objects, pdf, sites, tables, word
from settings_app.reading.clean import file_name, visible
from settings_app.reading.decode import decode
from settings_app.reading.kinds import binary_kind, text_kind
from settings_app.reading.pairs import asks, find_pairs
from settings_app.reading.rows import row_of_pair
from settings_app.reading.shapes import (
    EMPTY,
    MAX_BYTES,
    MAX_CHARACTERS,
    MAX_ENTRIES,
    MAX_ENTRY_CHARACTERS,
    MAX_TITLE,
    TOO_LARGE,
    TOO_MUCH_TEXT,
    Document,
    Item,
    Problem,
    Purpose,
    Reading,
    Refused,
    Row,
)

TOO_MANY = f"This file holds more than {MAX_ENTRIES:,} entries; split it."
MAX_PROBLEMS = 20
_PROSE = {"txt", "md"}


def read(content: bytes, *, name: str = "", purpose: Purpose = "documents") -> Reading:
    """All of it at once. Raises Refused, and nothing else, whatever the bytes are."""
    return Reading().take(read_items(content, name=name, purpose=purpose))


def read_items(content: bytes, *, name: str, purpose: Purpose) -> Iterator[Item]:
    """Documents, entries, problems and progress as they come. Raises Refused."""
    if len(content) > MAX_BYTES:
        raise Refused(TOO_LARGE)
    if not content.strip():
        raise Refused(EMPTY)
    if purpose == "pages":
        yield from sites.read_pages(content)
        return
    items = _items(content, file_name(name), purpose)
    yield from _within_limits(_as_entries(items) if purpose == "entries" else items)


def _items(content: bytes, name: str, purpose: Purpose) -> Iterator[Item]:
    title = PurePath(name).stem or "Untitled"
    match binary_kind(content):
        case "pdf":
            yield from pdf.read_pdf(content, title=title)
        case "docx":
            yield from word.read_word(content, title=title)
        case _:
            yield from _text_items(content, name, title, purpose)


def _text_items(content: bytes, name: str, title: str, purpose: Purpose) -> Iterator[Item]:
    # Four bytes are the most a character takes.
    if purpose == "documents" and len(content) > MAX_CHARACTERS * 4:
        raise Refused(TOO_MUCH_TEXT)
    decoded = decode(content)
    if decoded.note:
        yield Problem(decoded.note)
    kind = text_kind(decoded.text, name)
    if kind == "csv":
        yield from _table_items(decoded.text, title, purpose)
    elif kind == "json":
        yield from _data_items(decoded.text, title, purpose)
    elif kind == "html":
        yield _page(decoded.text, title)
    else:
        yield Document(title, visible(decoded.text).replace("\f", "\n").strip("\n"))


def _page(text: str, title: str) -> Document:
    from settings_app.reading.pages import read_html

    return read_html(text, title=title)


def _table_items(text: str, title: str, purpose: Purpose) -> Iterator[Item]:
    if purpose == "entries":
        yield from tables.entry_rows(text)
        return
    try:
        words, problems = tables.pairs_text(tables.entry_rows(text))
    except Refused:
        words, problems = tables.table_text(text)
    yield from map(Problem, problems[:MAX_PROBLEMS])
    yield Document(title, words)


def _data_items(text: str, title: str, purpose: Purpose) -> Iterator[Item]:
    value = objects.parse(text)
    found = objects.entries_of(value)
    if purpose == "entries":
        if found is None:
            raise Refused(objects.NO_LIST)
        yield from objects.entry_rows(text, found)
        return
    if found:
        words, problems = tables.pairs_text(objects.entry_rows(text, found))
        yield from map(Problem, problems[:MAX_PROBLEMS])
    else:
        words = objects.data_text(value)
    yield Document(title, words)


def _as_entries(items: Iterable[Item]) -> Iterator[Item]:
    """Questions with answers are taken out of the documents; what is left stays a document."""
    for item in items:
        if isinstance(item, Document):
            yield from _pairs_of(item)
        else:
            yield item


def _pairs_of(document: Document) -> Iterator[Item]:
    found = find_pairs(document.text.replace("\f", "\n\f\n"))
    for pair in found.pairs:
        yield row_of_pair(pair.line, pair.asked, pair.words().replace("\f", "\n"))
    rest = "\n".join(found.rest).replace("\n\f\n", "\f").strip("\n")
    if not found.pairs or _says_something(rest):
        yield Document(document.title, rest, document.place)


def _says_something(rest: str) -> bool:
    """More than rules and the headings that led to the questions."""
    lines = (line.strip() for line in rest.replace("\f", "\n").split("\n"))
    return any(line.strip("-=*_ ") and (not line.startswith("#") or asks(line)) for line in lines)


def _within_limits(items: Iterable[Item]) -> Iterator[Item]:
    """Also puts form to what is given on, and refuses what holds nothing."""
    texts, entries, words, found = 0, 0, 0, False
    for item in items:
        if isinstance(item, Document):
            texts += len(item.text)
            if texts > MAX_CHARACTERS:
                raise Refused(TOO_MUCH_TEXT)
            if not item.text.strip():
                continue
            item = Document(item.title[:MAX_TITLE], item.text, item.place)
        elif isinstance(item, Row):
            entries += 1
            words += len(item.words["answer"]) + len(item.words["question"]) if item.words else 0
            if entries > MAX_ENTRIES:
                raise Refused(TOO_MANY)
            if words > MAX_ENTRY_CHARACTERS:
                raise Refused(TOO_MUCH_TEXT.replace("2,", "20,", 1))
        found = found or isinstance(item, Document | Row)
        yield item
    if not found:
        raise Refused(EMPTY)
