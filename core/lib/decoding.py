"""The one door for JSON and text from outside: what passes is safe for both databases."""

import re
from typing import Any

import orjson

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
TOO_LARGE = 2**63

# C0 controls except tab and line feed, DEL, and halves of surrogate pairs.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class DecodeError(Exception):
    """The bytes are not JSON that we take; `reason` says why in a few plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode_json(
    raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, allow_nul: bool = False
) -> Any:
    """Strict JSON: UTF-8, finite 64-bit numbers, no NUL in any text unless `allow_nul`.

    Of duplicate keys the last one counts. Raises DecodeError.
    """
    if len(raw) > max_bytes:
        raise DecodeError(f"the body is larger than {max_bytes} bytes")
    if not raw.strip():
        raise DecodeError("the body is empty")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise DecodeError(f"not valid JSON: {error.msg}") from None
    _check(value, max_depth=max_depth, allow_nul=allow_nul)
    return value


def decode_object(
    raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, allow_nul: bool = False
) -> dict[str, Any]:
    """Like `decode_json`, but only an object will do."""
    value = decode_json(raw, max_bytes=max_bytes, max_depth=max_depth, allow_nul=allow_nul)
    if not isinstance(value, dict):
        raise DecodeError("a JSON object is needed")
    return value


def clean_text(text: str) -> str:
    """The text without NUL, lone surrogates and control characters; line ends become `\\n`."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", text)


def _check(value: Any, *, max_depth: int, allow_nul: bool) -> None:
    """Walk level by level, so that no nesting can exhaust the stack."""
    level = [value]
    for _ in range(max_depth + 1):
        deeper: list[Any] = []
        for item in level:
            _check_one(item, deeper, allow_nul)
        if not deeper:
            return
        level = deeper
    raise DecodeError(f"nested more than {max_depth} levels deep")


def _check_one(item: Any, deeper: list[Any], allow_nul: bool) -> None:
    if isinstance(item, str):
        if not allow_nul and "\x00" in item:
            raise DecodeError("a text contains a NUL character")
    elif isinstance(item, dict):
        deeper.extend(item.values())
        if not allow_nul and any("\x00" in key for key in item):
            raise DecodeError("a name contains a NUL character")
    elif isinstance(item, list):
        deeper.extend(item)
    elif isinstance(item, (int, float)) and _beyond_64_bits(item):
        raise DecodeError("a number is beyond 64 bits")


def _beyond_64_bits(number: float) -> bool:
    """orjson reads integers up to 2**64 - 1 as they are, and larger ones as floats."""
    return number >= TOO_LARGE or (isinstance(number, float) and number <= -TOO_LARGE)
