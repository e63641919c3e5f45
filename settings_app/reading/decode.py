"""From bytes to text, whatever wrote them."""

import codecs
from dataclasses import dataclass

from settings_app.reading.shapes import Refused

UNKNOWN_LETTERS = "The letters of this file can't be told; save it as UTF-8."
NOT_TEXT = "This is not a text, PDF, Word, CSV, JSON or HTML file."
SAMPLE = 60_000
# What spreadsheets and editors still write; the guess is made among these.
OLD_ENCODINGS = [
    *("cp1251", "cp1252", "cp1250", "cp1254", "cp1253", "cp1255", "cp1256", "cp1257", "koi8_r"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "cp874"),
]
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """`note` says what was guessed or lost; "" = nothing."""

    text: str
    note: str = ""


def decode(content: bytes) -> Decoded:
    """Unicode by its mark or as UTF-8, else a guess by the letters. Raises Refused."""
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    encoding = encoding or _unmarked_utf16(content)
    if not encoding and b"\0" in content[:SAMPLE]:
        raise Refused(NOT_TEXT)
    try:
        return Decoded(content.decode(encoding or "utf-8"))
    except UnicodeDecodeError:
        return _mended(content, encoding) if encoding else _guessed(content)


def _unmarked_utf16(content: bytes) -> str:
    """Latin letters in UTF-16 have a zero in every second byte."""
    head = content[:2_000]
    half = len(head) // 2
    if half < 4:
        return ""
    for name, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        shown = sum(1 for byte in head[letters::2] if byte >= 32 or byte in b"\t\n\r\f")
        if head[zeros::2].count(0) > half * 0.4 and shown > half * 0.95:
            return name
    return ""


def _mended(content: bytes, encoding: str) -> Decoded:
    text = content.decode(encoding, errors="replace")
    lost = text.count("\ufffd")
    if lost > max(10, len(text) // 100):
        raise Refused(UNKNOWN_LETTERS)
    return Decoded(text.replace("\ufffd", ""), f"{lost} broken characters were left out.")


def _guessed(content: bytes) -> Decoded:
    broken = content.decode("utf-8", errors="replace")
    lost = broken.count("\ufffd")
    whole = sum(1 for char in broken[: SAMPLE * 4] if char > "\x7f") - min(lost, SAMPLE * 4)
    if lost <= 20 and whole > lost * 10:
        return _mended(content, "utf-8")
    encoding = _best_guess(content)
    text = content.decode(encoding, errors="replace").replace("\ufffd", "")
    controls = sum(1 for char in text[:SAMPLE] if char < " " and char not in "\t\n\r\f")
    if controls > len(text[:SAMPLE]) * 0.02:
        raise Refused(NOT_TEXT)
    return Decoded(text, f"The file is not UTF-8; it was read as {encoding}.")


def _best_guess(content: bytes) -> str:
    from charset_normalizer import from_bytes  # only for old files

    lines = [line for line in content[: SAMPLE * 20].splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[:SAMPLE] or content[:SAMPLE]
    best = from_bytes(sample, cp_isolation=OLD_ENCODINGS, threshold=0.3).best()
    if best is None:
        raise Refused(UNKNOWN_LETTERS)
    return str(best.encoding)
