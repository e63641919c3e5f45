"""What in a customer's message is no part of the question: ids, addresses, greetings, a signature.

Taken off questions only, before they are compared. What the knowledge itself mentions stays.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from AI_model.retrieval.lexical import normalised, words

BOOK = Path(__file__).parent / "data" / "courtesies.json"
MOST_WORDS = 7
"""The longest courtesy."""
FEWEST_LEFT = 2
"""Words; a message that says less without it is left as it is."""
LONGEST_NAME = 3
DIGITS_OF_ID, DIGITS_OF_NUMBER = 4, 5
"""Fewer are amounts, sizes and times."""
NUMBER_WORDS = ("number", "no", "nr", "num", "is")
"""Before an id these say all that can be said without it."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w{2,}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])(?!\d+(?![\d\s()/.-]*\d))\+?\(?\d(?:[\s()/.-]?\d){8,}(?!\w)")
_ID = re.compile(r"(?<!\w)#?\s?[\w./-]*\d[\w./-]*", re.ASCII)
_DATE = re.compile(r"\d{1,4}(?:[./-]\d{1,2}){1,2}(?:[./-]\d{2,4})?")
_PART_END = re.compile(r"(?<=[,;:.!?\n()…])(?=\s|$)|(?<=[，。！？、])|(?<=\s)(?=[(])")
_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_AWAY, _GONE = "\x01", "\x00"
"""Where an address or a telephone number stood, and where an id."""

Knows = Callable[[str], bool]


def without_noise(text: str, knows: Knows) -> str:
    """`knows`: whether the knowledge holds a word. A text that is nothing else stays as it is."""
    marked = _PHONE.sub(_AWAY, _ADDRESS.sub(_AWAY, _signature().sub("", text)))
    parts = [part for part in _PART_END.split(_without_ids(marked, knows)) if part.strip()]
    kept = [part for part in parts if not _is_label(part) and not _is_name(part)]
    spaced = " ".join(kept).replace(_AWAY, " ").replace(_GONE, f" {_GONE} ")
    rest = _peeled(list(_spoken(spaced.split())))
    return " ".join(rest) if _says_enough(rest) else text


def _without_ids(text: str, knows: Knows) -> str:
    return _ID.sub(lambda found: _GONE if _is_id(found[0], knows) else found[0], text)


def _is_id(token: str, knows: Knows) -> bool:
    """Order numbers and the like; not dates, nor what the knowledge speaks of."""
    bare = token.strip(" #./-")
    digits = sum(letter.isdigit() for letter in bare)
    least = DIGITS_OF_NUMBER if bare.isdigit() else DIGITS_OF_ID
    if (digits < least and not token.lstrip().startswith("#")) or _DATE.fullmatch(bare):
        return False
    return not all(map(knows, words(bare)))


def _spoken(tokens: Sequence[str]) -> Iterator[str]:
    """What an id stands for in a sentence: “cancel order 77121” is about an order's number."""
    for before, token in pairwise(["", *tokens]):
        if token != _GONE:
            yield token
        elif before in _labels() and before not in NUMBER_WORDS:
            yield "number"


def _is_label(part: str) -> bool:
    """“my order number is …”: says only whose or what the id beside it is."""
    marked = _GONE in part or _AWAY in part
    return marked and "?" not in part and _labels().issuperset(_folded(part).split())


def _is_name(part: str) -> bool:
    said = _folded(part)
    return any(
        said.startswith(f"{start} ") and len(said[len(start) :].split()) <= LONGEST_NAME
        for start in _phrases("named")
    )


@cache
def _signature() -> re.Pattern[str]:
    """Regards at a text's end, with a name behind them."""
    regards = "|".join(map(re.escape, str(_book()["signed"]).split("|")))
    names = rf"(?:\W+\w+){{0,{LONGEST_NAME}}}"
    return re.compile(rf"(?<!\w)(?:{regards}){names}\W*$", re.IGNORECASE)


def _peeled(tokens: list[str]) -> list[str]:
    """Without courtesies at the beginning and at the end, as long as something is left."""
    while at := _courtesy(tokens, _phrases("first"), first=True):
        tokens = tokens[at:]
    while at := _courtesy(tokens, _phrases("last"), first=False):
        tokens = tokens[:-at]
    return tokens


def _courtesy(tokens: Sequence[str], phrases: Collection[str], *, first: bool) -> int:
    """How many tokens one takes; 0 for none, and where nothing would be left to ask."""
    for length in range(min(MOST_WORDS, len(tokens) - 1), 0, -1):
        said, rest = tokens[:length], tokens[length:]
        if not first:
            said, rest = tokens[-length:], tokens[:-length]
        if _folded(" ".join(said)) in phrases and _says_enough(rest):
            return length
    return 0


def _says_enough(tokens: Sequence[str]) -> bool:
    text = " ".join(tokens)
    return len(_WORD.findall(text)) >= FEWEST_LEFT or bool(_UNSPACED.search(text))


def _folded(text: str) -> str:
    return " ".join(_WORD.findall(normalised(text)))


@cache
def _book() -> dict[str, dict[str, str] | str]:
    found: dict[str, dict[str, str] | str] = json.loads(BOOK.read_text(encoding="utf-8"))
    return found


@cache
def _phrases(kind: str) -> frozenset[str]:
    of_kind = _book()[kind]
    lists = [of_kind] if isinstance(of_kind, str) else of_kind.values()
    return frozenset(_folded(phrase) for one in lists for phrase in one.split("|"))


@cache
def _labels() -> frozenset[str]:
    return frozenset(_folded(str(_book()["labels"])).split())
