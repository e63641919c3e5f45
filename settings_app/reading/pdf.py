"""Text of PDF files, page by page."""

import io
import logging
import re
from collections.abc import Iterator
from typing import Any

from settings_app.reading.clean import one_line, visible
from settings_app.reading.shapes import (
    MAX_CHARACTERS,
    MAX_PAGES,
    TOO_MUCH_TEXT,
    Document,
    Item,
    Problem,
    Progress,
    Refused,
)

DAMAGED = "This PDF is damaged and can't be read; save it again."
LOCKED = "This PDF is protected by a password; save it without one."
SCANNED = "There is no text in this PDF, only pictures of pages; make one with text recognition."
TOO_MANY = f"This PDF has more than {MAX_PAGES:,} pages; split it."
EVERY = 20
_SPACES = re.compile(r"[ \t]+")


def read_pdf(content: bytes, *, title: str) -> Iterator[Item]:
    """One document; a form feed parts its pages. Raises Refused."""
    reader = _opened(content)
    pages = _page_count(reader)
    headings = _headings(reader)
    texts: list[str] = []
    broken: list[int] = []
    size = 0
    for number in range(pages):
        texts.append(_page(reader, number, headings, broken))
        size += len(texts[-1])
        if size > MAX_CHARACTERS:
            raise Refused(TOO_MUCH_TEXT)
        if number % EVERY == EVERY - 1:
            yield Progress(number + 1, pages)
    if not any(texts):
        raise Refused(DAMAGED if len(broken) == pages else SCANNED)
    yield from _problems(texts, broken)
    yield Document(_title(reader) or title, "\f".join(texts))


def _opened(content: bytes) -> Any:
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        locked = reader.is_encrypted and not reader.decrypt("")
    except MemoryError:
        raise
    except Exception as error:  # pypdf lets out whatever a damaged file makes it stumble over
        raise Refused(LOCKED if "crypt" in repr(error).lower() else DAMAGED) from error
    if locked:
        raise Refused(LOCKED)
    return reader


def _page_count(reader: Any) -> int:
    try:
        count = len(reader.pages)
    except MemoryError:
        raise
    except Exception as error:
        raise Refused(DAMAGED) from error
    if count > MAX_PAGES:
        raise Refused(TOO_MANY)
    if not count:
        raise Refused(DAMAGED)
    return count


def _page(reader: Any, number: int, headings: dict[str, int], broken: list[int]) -> str:
    try:
        raw = reader.pages[number].extract_text() or ""
    except MemoryError:
        raise
    except Exception:
        broken.append(number + 1)
        return ""
    lines = visible(str(raw).replace("\f", "\n")).split("\n")
    tidy = (_SPACES.sub(" ", line).strip() for line in lines)
    return "\n".join(_as_heading(line, headings) for line in tidy).strip()


def _as_heading(line: str, headings: dict[str, int]) -> str:
    level = headings.get(line.casefold(), 0) if headings and len(line) < 200 else 0
    return f"{'#' * level} {line}" if level else line


def _headings(reader: Any) -> dict[str, int]:
    """The bookmarks' titles with their depth: where a line says the same, it is a heading."""
    found: dict[str, int] = {}
    try:
        waiting = [(1, reader.outline)]
        while waiting and len(found) < 2_000:
            level, items = waiting.pop()
            for item in items:
                if isinstance(item, list):
                    waiting.append((min(level + 1, 6), item))
                elif title := one_line(str(item.title or "")):
                    found.setdefault(title.casefold(), level)
    except MemoryError:
        raise
    except Exception:
        return {}
    return found


def _title(reader: Any) -> str:
    try:
        title = one_line(str(reader.metadata.title or "")) if reader.metadata else ""
    except MemoryError:
        raise
    except Exception:
        return ""
    made_up = title.lower().startswith(("microsoft word", "untitled", "(anonymous"))
    return "" if made_up or "." in title[-5:] else title


def _problems(texts: list[str], broken: list[int]) -> Iterator[Problem]:
    if broken:
        yield Problem(f"These pages can't be read: {_numbers(broken)}.")
    bare = [number for number, text in enumerate(texts, 1) if not text and number not in broken]
    if bare:
        yield Problem(f"These pages hold no text: {_numbers(bare)}.")


def _numbers(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return f"{shown} and {len(numbers) - 10} more" if len(numbers) > 10 else shown
