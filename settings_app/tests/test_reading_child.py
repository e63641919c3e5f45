"""The child that reads: what it takes and how it is stopped."""

import io
import os
import signal
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from settings_app.reading.child import read_path
from settings_app.reading.shapes import (
    TOO_LARGE,
    TOO_MUCH_MEMORY,
    TOO_MUCH_TEXT,
    TOO_SLOW,
    Refused,
)
from settings_app.tests.file_bytes import STARTS, pdf_file, word_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path: Path, start: bytes, rest: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(start + rest)
    try:
        reading = read_path(path, name="any.md", purpose="entries")
    except Refused as refused:
        assert refused.reason.endswith(".")
        return
    assert reading.documents or reading.rows


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.md", "# Täglich\nfrüh".encode(), "früh"),
        ("a.docx", word_file(paragraphs=["Within 14 days."]), "14 days"),
        ("a.pdf", pdf_file(["Within 14 days."]), "14 days"),
        ("a.html", b"<html><body><p>Within 14 days.</p></body></html>", "14 days"),
        ("a.csv", b"when;what\nnow;Within 14 days.", "14 days"),
    ],
)
def test_each_kind_passes_through_the_child(
    path: Path, name: str, content: bytes, words: str
) -> None:
    path.write_bytes(content)
    (document,) = read_path(path, name=name).documents
    assert document.title == "a"
    assert words in document.text


def test_rows_come_with_their_reasons(path: Path) -> None:
    path.write_bytes(b"question,answer\nOpen?,Yes\n,No\n")
    good, bad = read_path(path, name="a.csv", purpose="entries").rows
    assert good.words is not None and (good.question, good.fields) == ("Open?", ("answer",))
    assert (bad.line, bad.reason) == (3, "The question is empty.")


def test_a_file_over_the_limit_is_not_even_opened(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(Refused, match=TOO_LARGE):
        read_path(path)


def test_fifty_megabytes_of_text_are_refused_with_the_limit(path: Path) -> None:
    path.write_bytes(b"word " * 9_990_000)
    with pytest.raises(Refused, match=TOO_MUCH_TEXT):
        read_path(path, name="a.txt")


def test_a_file_that_fills_the_memory_ends_its_child_alone(path: Path) -> None:
    """Forty megabytes of tiny elements become a tree of far more."""
    out = io.BytesIO()
    whole = zipfile.ZipFile(io.BytesIO(word_file(paragraphs=["x"])))
    with whole, zipfile.ZipFile(out, "w") as archive:  # stored: no ratio gives it away
        for part in whole.infolist():
            raw = whole.read(part)
            if part.filename == "word/document.xml":
                raw = raw.replace(b"<w:body>", b"<w:body>" + b"<w:p/>" * 6_000_000)
            archive.writestr(part.filename, raw)
    path.write_bytes(out.getvalue())
    with pytest.raises(Refused, match=TOO_MUCH_MEMORY):
        read_path(path, name="a.docx")


def test_a_child_that_does_not_end_is_stopped(path: Path) -> None:
    os.mkfifo(path)
    began = time.monotonic()
    with pytest.raises(Refused, match=TOO_SLOW):
        read_path(path, seconds=0.5)
    assert time.monotonic() - began < 30


def running_child() -> Path:
    """Its folder under /proc."""
    tasks = Path("/proc/self/task").iterdir()
    pids = [pid for task in tasks for pid in (task / "children").read_text().split()]
    found = [Path("/proc") / pid for pid in pids]
    (child,) = [at for at in found if b"settings_app.reading" in (at / "cmdline").read_bytes()]
    return child


def test_a_child_that_was_killed_is_said_so(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(Refused, match=TOO_MUCH_MEMORY):
        read_path(path, tell=lambda _: os.kill(int(running_child().name), signal.SIGKILL))


def test_no_secret_of_ours_reaches_the_child(path: Path) -> None:
    os.mkfifo(path)
    seen: set[str] = set()

    def look(_: int) -> None:
        words = (running_child() / "environ").read_text()
        seen.update(word.partition("=")[0] for word in words.split("\0") if word)

    with pytest.raises(Refused, match=TOO_SLOW):
        read_path(path, seconds=0.5, tell=look)
    assert seen == {"PATH", "PYTHONPATH", "LANG"}


def test_progress_is_told(path: Path) -> None:
    rows = "".join(f"Question {number}?,{'Answer ' * 20}\n" for number in range(20_000))
    path.write_text(f"question,answer\n{rows}")
    told: list[int] = []
    reading = read_path(path, name="a.csv", purpose="entries", tell=told.append)
    assert len(reading.rows) == 20_000
    assert told == sorted(told)
