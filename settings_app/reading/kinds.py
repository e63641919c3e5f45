"""What a file is: its bytes decide, its name only where texts look alike."""

import io
import re
import zipfile
from pathlib import PurePath
from typing import Literal

from settings_app.reading.shapes import Refused

Binary = Literal["pdf", "docx", ""]
Textual = Literal["html", "json", "csv", "md", "txt"]

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_TAG = re.compile(r"</(?:p|div|h[1-6]|li|table|body|span|a)\s*>", re.I)
_REFUSALS = (
    (b"\xd0\xcf\x11\xe0", "This is a file of an old Office; save it as .docx, .csv or .pdf."),
    (b"{\\rtf", "This is an RTF file; save it as .docx."),
    (b"\x1f\x8b", "This is an archive; take the files out of it first."),
    (b"Rar!", "This is an archive; take the files out of it first."),
    (b"7z\xbc\xaf", "This is an archive; take the files out of it first."),
    (b"\x89PNG", "This is a picture; there is no text in it that can be read."),
    (b"\xff\xd8\xff", "This is a picture; there is no text in it that can be read."),
    (b"GIF8", "This is a picture; there is no text in it that can be read."),
)
_ENDINGS: dict[str, Textual] = {
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    **dict.fromkeys((".md", ".markdown"), "md"),
    **dict.fromkeys((".htm", ".html", ".xhtml"), "html"),
    ".json": "json",
}


def binary_kind(content: bytes) -> Binary:
    """ "" for what may be text. Raises Refused for a known kind that is not read."""
    if content.startswith(b"%PDF") or b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _zip_kind(content)
    for start, reason in _REFUSALS:
        if content.startswith(start):
            raise Refused(reason)
    return ""


def _zip_kind(content: bytes) -> Binary:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
        raise Refused("This file is damaged and can't be read; save it again.") from error
    if "word/document.xml" in names:
        return "docx"
    if "xl/workbook.xml" in names:
        raise Refused("This is an Excel file; save it as CSV UTF-8.")
    if "EncryptedPackage" in names:
        raise Refused("This file is protected by a password; save it without one.")
    raise Refused("This is an archive; take the files out of it first.")


def text_kind(text: str, name: str) -> Textual:
    named = _ENDINGS.get(PurePath(name).suffix.lower())
    head = text[:4_000]
    if _HTML.match(head) or (named == "html" and _TAG.search(text)):
        return "html"
    if named == "json" or (named in {None, "txt"} and _looks_like_entries(head)):
        return "json"
    if named in {"csv", "md"}:
        return named
    return "csv" if _names_columns(head) else "txt"


def _looks_like_entries(head: str) -> bool:
    start = head.lstrip("\ufeff \r\n\t")[:1]
    return start in {"[", "{"} and '"question"' in head and '"answer"' in head


def _names_columns(head: str) -> bool:
    first = head.lstrip("\ufeff").partition("\n")[0].strip().lower()
    cells = {cell.strip().strip('"') for cell in re.split("[,;\t]", first)}
    return {"question", "answer"} <= cells
