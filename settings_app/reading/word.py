"""Text of Word files (.docx, ISO/IEC 29500) as Markdown.

What is hidden or deleted in the file is left out; what was inserted with tracking stands.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from settings_app.reading.clean import one_line, visible
from settings_app.reading.shapes import EMPTY, TOO_MUCH_MEMORY, Document, Refused

DAMAGED = "This Word file is damaged and can't be read; save it again."
BOMB = "This Word file unpacks to far more than its size; save it again, without large pictures."
MAX_PARTS = 5_000
MAX_UNPACKED = 200_000_000
MAX_XML = 40_000_000
MAX_RATIO = 150
RATIO_COUNTS_FROM = 10_000_000

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = {W + "del", W + "moveFrom", W + "pPr", W + "rPr", W + "instrText", _MC_FALLBACK}
_OFF = {"0", "false", "off", "none"}


def check_size(content: bytes) -> None:
    """Look at the archive's list before anything is unpacked. Raises Refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
        raise Refused(DAMAGED) from error
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED:
        raise Refused(BOMB)
    if unpacked > RATIO_COUNTS_FROM and unpacked / packed > MAX_RATIO:
        raise Refused(BOMB)
    if any(part.file_size > MAX_XML for part in parts if part.filename.endswith(".xml")):
        raise Refused(TOO_MUCH_MEMORY)


def read_word(content: bytes, *, title: str) -> Iterator[Document]:
    """One document: headings, lists and tables as Markdown. Raises Refused."""
    check_size(content)
    try:
        document = _opened(content)
        text = _Writer(document).text()
        named = one_line(str(document.core_properties.title or ""))
    except (MemoryError, Refused):
        raise
    except Exception as error:  # python-docx lets out whatever a damaged file makes it stumble over
        # What lxml says where the parser found no memory.
        short = "unknown error" in str(error) or "memory" in str(error).lower()
        raise Refused(TOO_MUCH_MEMORY if short else DAMAGED) from error
    if not text:
        raise Refused(EMPTY)
    yield Document(named or title, text)


def _opened(content: bytes) -> Any:
    """Its parser resolves no entities and fetches nothing."""
    from docx import Document as open_document

    return open_document(io.BytesIO(content))


class _Writer:
    def __init__(self, document: Any) -> None:
        self.document = document
        self.body = document.element.body
        self.levels = {style.style_id: _style_level(style) for style in document.styles}
        self.lists = {
            style.style_id for style in document.styles if (style.name or "").startswith("List ")
        }

    def text(self) -> str:
        blocks = [*self.blocks(self.body), *self.notes()]
        return "\n\n".join(block for block in blocks if block.strip()).strip()

    def blocks(self, parent: Any) -> Iterator[str]:
        listed: list[str] = []
        for element in _blocks(parent):
            if element.tag == W + "p":
                words, item = self.paragraph(element)
                if item:
                    listed.append(words)
                    continue
            else:
                words = "\n".join(self.rows(element))
            if listed:
                yield "\n".join(listed)
                listed = []
            yield words
        yield "\n".join(listed)

    def paragraph(self, element: Any) -> tuple[str, bool]:
        """Its words, and whether it is an item of a list."""
        words = _words(element).strip()
        style = element.find(f"{W}pPr/{W}pStyle")
        name = style.get(W + "val", "") if style is not None else ""
        if not words:
            return "", False
        if level := self.levels.get(name) or _outline(element.find(f"{W}pPr")):
            return f"{'#' * level} {' '.join(words.split())}", False
        number = element.find(f"{W}pPr/{W}numPr")
        if number is None and name not in self.lists:
            return words, False
        depth = number.find(W + "ilvl") if number is not None else None
        indent = int(depth.get(W + "val", "0") or 0) if depth is not None else 0
        return f"{'  ' * min(indent, 8)}- {words}", True

    def rows(self, table: Any) -> Iterator[str]:
        for row in table.iter(W + "tr"):
            if next(row.iterancestors(W + "tbl")) is not table:
                continue
            cells = [" ".join(_words_of_all(cell).split()) for cell in _cells(row)]
            if any(cells):
                yield f"| {' | '.join(cells)} |"

    def notes(self) -> Iterator[str]:
        for relation in self.document.part.rels.values():
            if relation.reltype.rpartition("/")[2] in {"footnotes", "endnotes"}:
                root = _parsed(relation.target_part.blob)
                yield from (_words_of_all(note).strip() for note in root)


def _style_level(style: Any) -> int:
    """1 to 6 for a heading's style, 0 for others."""
    name = (style.name or "").lower()
    if name == "title":
        return 1
    if name.startswith("heading ") and name[8:].isdigit():
        return min(6, max(1, int(name[8:])))
    return _outline(style.element.find(f"{W}pPr"))


def _outline(properties: Any) -> int:
    level = properties.find(W + "outlineLvl") if properties is not None else None
    value = level.get(W + "val", "9") if level is not None else "9"
    return min(int(value) + 1, 6) if value.isdigit() and int(value) < 9 else 0


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in their order, whatever wraps them."""
    for element in parent:
        if element.tag in {W + "p", W + "tbl"}:
            yield element
        elif isinstance(element.tag, str) and element.tag not in _LEFT_OUT:
            yield from _blocks(element)


def _cells(row: Any) -> Iterator[Any]:
    for cell in row.iter(W + "tc"):
        if next(cell.iterancestors(W + "tr")) is row:
            yield cell


def _words_of_all(parent: Any) -> str:
    return "\n".join(_words(paragraph) for paragraph in parent.iter(W + "p"))


def _words(paragraph: Any) -> str:
    """What is shown of a paragraph; the text of boxes in it stands behind its own."""
    own: list[str] = []
    boxes: list[str] = []
    _collect(paragraph, own, boxes)
    return visible("".join(own) + "".join(f"\n{box}" for box in boxes if box.strip()))


def _collect(parent: Any, own: list[str], boxes: list[str]) -> None:
    for element in parent:
        tag = element.tag
        if tag == W + "p":
            boxes.append(_words(element))
        elif tag in _LEFT_OUT or (tag == W + "r" and _hidden(element)):
            continue
        elif tag == W + "t":
            own.append(element.text or "")
        elif tag == W + "noBreakHyphen":
            own.append("-")
        elif tag == W + "tab":
            own.append(" ")
        elif tag in {W + "br", W + "cr"}:
            own.append("\n")
        elif isinstance(tag, str):
            _collect(element, own, boxes)


def _hidden(run: Any) -> bool:
    mark = run.find(f"{W}rPr/{W}vanish")
    return mark is not None and mark.get(W + "val", "1") not in _OFF


def _parsed(blob: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(blob, parser)
