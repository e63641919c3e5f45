"""Answers of a site become text, in a process that may die of them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.lib.hands import waiting
from settings_app.reading.child import read_path
from settings_app.reading.clean import one_line
from settings_app.reading.shapes import Page, Reading, Refused
from settings_app.reading.sites import RawPage, packed
from settings_app.web.fetching import Answer

HTML = {"text/html", "application/xhtml+xml"}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FILES = {"text/plain", "text/markdown", "text/x-markdown", "application/pdf", WORD}
ENDINGS = (".pdf", ".docx", ".md", ".txt")


def is_html(answer: Answer) -> bool:
    return answer.kind in HTML or (not answer.kind and answer.body.lstrip()[:1] == b"<")


def is_file(answer: Answer) -> bool:
    unnamed = answer.kind in {"", "application/octet-stream", "binary/octet-stream"}
    return answer.kind in FILES or (unnamed and urlsplit(answer.url).path.lower().endswith(ENDINGS))


def read_pages(answers: Sequence[Answer]) -> list[Page]:
    """Their texts and links, in their order; those that kill the reader are left out."""
    if not answers:
        return []
    raw = [RawPage(item.url, item.body.decode("latin-1"), item.charset) for item in answers]
    try:
        return _read(packed(raw), "pages").pages
    except Refused:
        if len(answers) == 1:
            return []
        return [page for answer in answers for page in read_pages([answer])]


def read_file(answer: Answer) -> Reading:
    """A file's documents. Raises Refused."""
    return _read(answer.body, name_of(answer.url))


def name_of(address: str) -> str:
    """The last part of its path, else its host."""
    parts = urlsplit(address)
    last = one_line(unquote(parts.path.rstrip("/").rpartition("/")[2]))
    return (last or parts.hostname or "page")[:200]


def _read(content: bytes, name: str) -> Reading:
    with tempfile.TemporaryDirectory(prefix="deskbell-site-") as folder, waiting():
        place = Path(folder, "file")
        place.write_bytes(content)
        purpose = "pages" if name == "pages" else "documents"
        return read_path(place, name=name, purpose=purpose)  # type: ignore[arg-type]
