"""Whatever the bytes: they are read or refused, and no word of a sound file is lost."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settings_app.reading.read import read
from settings_app.reading.shapes import Refused
from settings_app.tests.file_bytes import STARTS, pdf_file, said, word_file, words_of

NAMES = ["a.md", "a.txt", "a.csv", "a.json", "a.html", "a.pdf", "a.docx", "a", ""]
WORDS = st.text(st.sampled_from("abcdeéßжяы中日ابة"), min_size=2, max_size=12)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(STARTS),
    st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode()),
    st.sampled_from(NAMES),
    st.sampled_from(["entries", "documents"]),
)
def test_any_bytes_are_read_or_refused(start: bytes, rest: bytes, name: str, purpose: Any) -> None:
    try:
        reading = read(start + rest, name=name, purpose=purpose)
    except Refused as refused:
        assert refused.reason.endswith(".") and len(refused.reason) < 300
        return
    assert reading.documents or reading.rows
    for text in [document.text for document in reading.documents]:
        assert text.strip() and "\0" not in text
        text.encode()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40_000), st.binary(min_size=1, max_size=40), st.booleans())
def test_a_damaged_word_file_is_read_or_refused(at: int, bytes_: bytes, cut: bool) -> None:
    whole = word_file(headings=["Returns"], paragraphs=["Within 14 days."], rows=[["a", "b"]])
    at %= len(whole)
    damaged = whole[:at] + bytes_ + (b"" if cut else whole[at + len(bytes_) :])
    try:
        assert read(damaged, name="a.docx").documents
    except Refused as refused:
        assert refused.reason.endswith(".")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40_000), st.binary(min_size=1, max_size=40), st.booleans())
def test_a_damaged_pdf_is_read_or_refused(at: int, bytes_: bytes, cut: bool) -> None:
    whole = pdf_file(["first page", "second page"])
    at %= len(whole)
    damaged = whole[:at] + bytes_ + (b"" if cut else whole[at + len(bytes_) :])
    try:
        assert read(damaged, name="a.pdf").documents
    except Refused as refused:
        assert refused.reason.endswith(".")


LINES = st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=12)
MARKS = st.sampled_from(["", "# ", "## ", "- ", "> ", "**Q:** ", "A: ", "1. ", "```"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(MARKS, WORDS, WORDS), min_size=1, max_size=15), st.booleans())
def test_no_word_of_a_markdown_file_is_lost(lines: list[Any], ask: bool) -> None:
    text = "\n".join(f"{mark}{one} {two}{'?' * ask}" for mark, one, two in lines)
    found = said(read(text.encode(), name="a.md", purpose="entries"))
    # A heading that only leads to questions is no knowledge of its own.
    kept = [line[1:] for line in lines if ask or not line[0].startswith("#")]
    assert {word for line in kept for word in line} <= words_of(found), text


CELL = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=8), st.data())
def test_no_word_of_a_table_is_lost(rows: list[list[str]], data: Any) -> None:
    mark = data.draw(st.sampled_from([",", ";", "\t"]))
    text = "\n".join(mark.join(f'"{cell}"' for cell in row) for row in rows)
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    found = said(read(text.encode(encoding), name="a.csv"))
    assert words_of(" ".join(cell for row in rows for cell in row)) <= words_of(found)


@settings(max_examples=25, deadline=None)
@given(LINES, LINES, LINES, st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=4))
def test_no_word_of_a_word_file_is_lost(
    headings: list[str], paragraphs: list[str], items: list[str], rows: list[list[str]]
) -> None:
    content = word_file(headings=headings, paragraphs=paragraphs, items=items, rows=rows)
    (document,) = read(content, name="a.docx").documents
    cells = [cell for row in rows for cell in row]
    written = words_of(" ".join([*headings, *paragraphs, *items, *cells]))
    assert written <= words_of(document.text)
    assert all(f"## {text}" in document.text for text in headings)
