"""Long answers are cut where a reader would pause, and nothing is lost."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.adapters.splitting import length_in, split_text
from messaging.types import LengthUnit, TextLimit

UTF16, BYTES, CHARACTERS = LengthUnit.UTF16, LengthUnit.BYTES, LengthUnit.CHARACTERS
FAMILY = "👨‍👩‍👧‍👦"
WHOLE = [FAMILY, "👩🏽‍💻", "🇳🇴", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "1️⃣", "e\u0301", "क्ष", "❤️", "กำ"]
PIECES = st.sampled_from(
    [*WHOLE, "a", "word", " ", "\n", "\n\n", ". ", "。", "Привет", "é", "😀", "\t"]
)
LIMITS = st.builds(TextLimit, st.integers(40, 120), st.sampled_from(LengthUnit))


def without_space(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(st.lists(PIECES, max_size=200).map("".join), LIMITS)
def test_parts_fit_are_not_blank_and_lose_only_white_space(text: str, limit: TextLimit) -> None:
    parts = split_text(text, limit)
    assert all(part.strip() and length_in(part, limit.unit) <= limit.maximum for part in parts)
    assert without_space("".join(parts)) == without_space(text)


@given(st.text(max_size=300), LIMITS)
def test_any_text_at_all_is_cut_without_loss(text: str, limit: TextLimit) -> None:
    parts = split_text(text, limit)
    assert all(part.strip() and length_in(part, limit.unit) <= limit.maximum for part in parts)
    position = 0
    for part in parts:
        found = text.index(part, position)
        assert not text[position:found].strip()
        position = found + len(part)
    assert not text[position:].strip()


@pytest.mark.parametrize("unit", LengthUnit)
@pytest.mark.parametrize("character", WHOLE)
def test_no_character_is_cut_in_two(character: str, unit: LengthUnit) -> None:
    for shift in range(12):
        text = "x" * shift + character * 40
        parts = split_text(text, TextLimit(64, unit))
        assert len(parts) > 1
        assert set("".join(parts).replace("x", "")) == set(character)
        assert all(part.lstrip("x").replace(character, "") == "" for part in parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        (" \n ", []),
        ("short", ["short"]),
        ("  short  ", ["short"]),
        ("First paragraph here.\n\nSecond one.", ["First paragraph here.", "Second one."]),
        ("One line goes here\nand another", ["One line goes here", "and another"]),
        ("A sentence is here. And one more.", ["A sentence is here.", "And one more."]),
        ("He said “it is done.” So it was ok", ["He said “it is done.”", "So it was ok"]),
        ("words words words words words", ["words words words words", "words"]),
        (
            "您好，今天营业到晚上八点钟。欢迎您的光临和咨询谢谢",
            ["您好，今天营业到晚上八点钟。", "欢迎您的光临和咨询谢谢"],
        ),
        ("x" * 50, ["x" * 24, "x" * 24, "xx"]),
        ("see https://example.com/a/b", ["see", "https://example.com/a/b"]),
    ],
)
def test_cuts_fall_where_a_reader_pauses(text: str, parts: list[str]) -> None:
    assert split_text(text, TextLimit(24, CHARACTERS)) == parts


def test_units_are_counted_as_the_channel_counts() -> None:
    assert [length_in("é😀x", unit) for unit in (UTF16, BYTES, CHARACTERS)] == [4, 7, 3]
    assert [len(part) for part in split_text("😀" * 5000, TextLimit(4096, UTF16))] == [
        2048,
        2048,
        904,
    ]
    assert [len(part) for part in split_text("Я" * 1002, TextLimit(1000, BYTES))] == [500, 500, 2]


def test_a_character_longer_than_the_limit_is_cut_rather_than_lost() -> None:
    text = "a" + "\u0301" * 100
    parts = split_text(text, TextLimit(32, CHARACTERS))
    assert "".join(parts) == text
    assert all(len(part) <= 32 for part in parts)
    assert unicodedata.category(parts[1][0]) == "Mn"


def test_a_limit_that_cannot_hold_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        split_text("text", TextLimit(1, UTF16))
