"""Whatever bytes come in, the decoder answers with a value or a reason."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lib.decoding import DecodeError, clean_text, decode_json, decode_object

HOSTILE = {
    "empty": (b"", "empty"),
    "only white space": (b" \n ", "empty"),
    "not JSON": (b"hello", "not valid JSON"),
    "bad UTF-8": (b'{"a":"\xff\xfe"}', "not valid JSON"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "not valid JSON"),
    "byte order mark": (b"\xef\xbb\xbf{}", "not valid JSON"),
    "NaN": (b'{"a":NaN}', "not valid JSON"),
    "infinity": (b'{"a":1e400}', "not valid JSON"),
    "lone surrogate": (b'{"a":"\\ud800"}', "not valid JSON"),
    "NUL in a text": (b'{"a":["x\\u0000y"]}', "NUL"),
    "NUL in a name": (b'{"x\\u0000":1}', "NUL"),
    "2 to the 63": (b'{"a":9223372036854775808}', "64 bits"),
    "2 to the 64": (b'{"a":18446744073709551616}', "64 bits"),
    "below the smallest": (b'{"a":-9223372036854775809}', "64 bits"),
    "5,000 digits": (b'{"a":' + b"9" * 5000 + b"}", "not valid JSON"),
    "33 levels": (b"[" * 34 + b"]" * 34, "levels"),
    "100,000 levels": (b"[" * 100_000 + b"]" * 100_000, "not valid JSON"),
    "gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "not valid JSON"),
    "two documents": (b"{} {}", "not valid JSON"),
    "too large": (b'"' + b"a" * 1_000_000 + b'"', "larger than"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_with_a_reason(name: str) -> None:
    raw, reason = HOSTILE[name]
    with pytest.raises(DecodeError) as caught:
        decode_json(raw)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a":[1,2.5,null,true,"\xc3\xa9\\ud83d\\ude00"]}', {"a": [1, 2.5, None, True, "é😀"]}),
        (b'{"a":9223372036854775807}', {"a": 2**63 - 1}),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"[" * 33 + b"]" * 33, None),
        (b"1", 1),
    ],
)
def test_ordinary_json_passes(raw: bytes, value: Any) -> None:
    decoded = decode_json(raw)
    assert value is None or decoded == value


def test_nul_passes_only_where_it_is_cleaned_later() -> None:
    assert decode_json(b'"a\\u0000"', allow_nul=True) == "a\x00"


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"text"', b"null"])
def test_an_object_is_demanded_where_one_is_needed(raw: bytes) -> None:
    with pytest.raises(DecodeError, match="object"):
        decode_object(raw)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    try:
        decode_json(raw)
    except DecodeError as error:
        assert error.reason


@given(st.text(alphabet=st.characters(), max_size=200))
def test_cleaned_text_can_be_stored_anywhere(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned.encode("utf-8").decode() == cleaned
    assert "\x00" not in cleaned
    assert clean_text(cleaned) == cleaned
    assert orjson.loads(orjson.dumps(cleaned)) == cleaned


def test_cleaning_keeps_lines_tabs_and_every_script() -> None:
    text = "a\tb\nПривет мир 👩‍💻 مرحبا"
    assert clean_text(text) == text
    assert clean_text("a\r\nb\rc\x00\x1b\ud800") == "a\nb\nc"
