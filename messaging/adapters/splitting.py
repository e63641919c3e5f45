"""Cutting a long text into parts that a channel takes, where a reader would pause."""

import re
import unicodedata
from bisect import bisect_right
from itertools import accumulate

from messaging.types import LengthUnit, TextLimit

SMALLEST_LIMIT = 16
ZERO_WIDTH_JOINER = "\u200d"
PARAGRAPH_END = re.compile(r"\n\s*\n")
LINE_END = re.compile(r"\n")
SENTENCE_END = re.compile(r"[.!?…][\"'»”’)\]]*(?=\s)|[。！？][」』”]*")
# What continues the character before it, besides the combining marks of Unicode's categories.
CONTINUES = re.compile(
    "[\u200c\u200d\u0e33\u0eb3\u1160-\u11ff\ud7b0-\ud7fb\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


def split_text(text: str, limit: TextLimit) -> list[str]:
    """The text in parts within the limit; only white space at the ends and cuts is lost.

    Cuts fall at the end of a paragraph, line, sentence or word, else between whole characters as
    readers see them. A blank text has no parts.
    """
    if limit.maximum < SMALLEST_LIMIT:
        raise ValueError(f"A text limit below {SMALLEST_LIMIT} can't hold every character.")
    text = text.strip()
    ends = [0, *accumulate(_width(char, limit.unit) for char in text)]
    parts, start = [], 0
    while start < len(text):
        furthest = bisect_right(ends, ends[start] + limit.maximum) - 1
        cut = furthest if furthest == len(text) else _best_cut(text, start, furthest)
        parts.append(text[start:cut].rstrip())
        start = cut
        while start < len(text) and text[start].isspace():
            start += 1
    return parts


def length_in(text: str, unit: LengthUnit) -> int:
    """The text's length as the channel counts it."""
    return sum(_width(char, unit) for char in text)


def _width(char: str, unit: LengthUnit) -> int:
    code = ord(char)
    match unit:
        case LengthUnit.UTF16:
            return 2 if code > 0xFFFF else 1
        case LengthUnit.BYTES:
            return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
        case LengthUnit.CHARACTERS:
            return 1


def _best_cut(text: str, start: int, furthest: int) -> int:
    """The last good place after `start`; sentence ends count in the part's second half only."""
    middle = start + (furthest - start) // 2
    for ending in (PARAGRAPH_END, LINE_END, SENTENCE_END):
        places = [found.end() for found in ending.finditer(text, middle, furthest + 1)]
        for place in reversed(places):
            if place <= furthest and not _next_continues(text, start, place):
                return place
    return _word_cut(text, start, furthest) or _character_cut(text, start, furthest)


def _word_cut(text: str, start: int, furthest: int) -> int:
    for place in range(furthest, start, -1):
        if text[place].isspace() and not _next_continues(text, start, place):
            return place
    return 0


def _next_continues(text: str, start: int, place: int) -> bool:
    """Whether what comes after the white space at `place` belongs to the character before it."""
    while place < len(text) and text[place].isspace():
        place += 1
    return place < len(text) and _continues(text, start, place)


def _character_cut(text: str, start: int, furthest: int) -> int:
    for place in range(furthest, start, -1):
        if not _continues(text, start, place):
            return place
    return furthest


def _continues(text: str, start: int, place: int) -> bool:
    """Whether the code point at `place` is part of the character that began before it."""
    before, code_point = text[place - 1], text[place]
    return (
        unicodedata.category(code_point).startswith("M")
        or CONTINUES.match(code_point) is not None
        or before == ZERO_WIDTH_JOINER
        or unicodedata.combining(before) == 9  # a virama joins the next consonant
        or (_is_flag_half(code_point) and _flag_halves_before(text, start, place) % 2 == 1)
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, start: int, place: int) -> int:
    first = place
    while first > start and _is_flag_half(text[first - 1]):
        first -= 1
    return place - first
