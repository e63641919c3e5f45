"""Files made for tests, and what was read of them."""

import io
import re
from typing import Any

import docx
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from settings_app.reading.shapes import Reading

STARTS = [
    *(b"", b"%PDF-1.4\n", b"PK\x03\x04", b"<html><body>", b"<!doctype html>", b"[{", b"\xff\xfe"),
    *(b"question,answer\n", b'[{"question":"a","answer":', b"\xef\xbb\xbf", b"# a\n", b"Q: "),
]


def word_file(**parts: Any) -> bytes:
    """`headings`, `paragraphs`, `items`, `rows` of a .docx."""
    document = docx.Document()
    for text in parts.get("headings", ()):
        document.add_heading(text, 2)
    for text in parts.get("paragraphs", ()):
        document.add_paragraph(text)
    for text in parts.get("items", ()):
        document.add_paragraph(text, style="List Bullet")
    if rows := parts.get("rows"):
        table = document.add_table(len(rows), len(rows[0]))
        for cells, row in zip(rows, table.rows, strict=True):
            for text, cell in zip(cells, row.cells, strict=True):
                cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf_file(pages: list[str], *, password: str = "") -> bytes:
    """One line of Latin text on each page; "" = a page without text."""
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        if text:
            _write(writer, page, text)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _write(writer: PdfWriter, page: Any, text: str) -> None:
    name = NameObject
    font = DictionaryObject({name("/Type"): name("/Font"), name("/Subtype"): name("/Type1")})
    font[name("/BaseFont")] = name("/Helvetica")
    fonts = DictionaryObject({name("/F1"): writer._add_object(font)})
    page[name("/Resources")] = DictionaryObject({name("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode("latin-1"))
    page[name("/Contents")] = writer._add_object(stream)


def said(reading: Reading) -> str:
    rows = ("\n".join(map(str, row.words.values())) for row in reading.rows if row.words)
    documents = (f"{document.title}\n{document.text}" for document in reading.documents)
    return "\n".join([*rows, *documents])


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
