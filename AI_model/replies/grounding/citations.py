"""The marks by which an answer says what it rests on: [p1], [p1, p2], and how else models put it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBERS = r"p?\s*\d{1,3}(?:\s*[,;&]\s*p?\s*\d{1,3})*"
_MARK = rf"[ \t]*(?:[\[【]\s*(?:{_NUMBERS})\s*[\]】]|\(\s*p\s*\d{{1,3}}(?:\s*[,;&]\s*p?\s*\d{{1,3}})*\s*\))"
MARK = re.compile(_MARK, re.IGNORECASE)
# “We do. [p1]” means the sentence before the mark, as “We do [p1].” does.
_LATE = re.compile(rf"([.!?…。！？]+)((?:{_MARK})+)", re.IGNORECASE)
_SENTENCE = re.compile(r"[^\n]+?(?:[.!?…]+[\"')»”]*(?=\s|$)|[。！？]+|(?=\n)|$)")
_SHORTENED = re.compile(
    r"(?:^|\s)(?:\w|\w\.\w|z\.b|bzw|ca|nr|no|st|str|approx|etc|incl|ул|д|т)\.$", re.I
)
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for the customer, and the numbers of the passages it names (from 1)."""

    text: str
    cited: tuple[int, ...] = ()


def without_marks(text: str) -> str:
    """The words for the customer."""
    return MARK.sub("", text).strip()


def cited_numbers(text: str) -> list[int]:
    """Every passage that is named, once, in the order of naming."""
    found = (int(n) for mark in MARK.findall(text) for n in re.findall(r"\d+", mark))
    return list(dict.fromkeys(found))


def read_sentences(text: str) -> list[Sentence]:
    """The answer sentence by sentence, bullets and marks taken off."""
    moved = _LATE.sub(r"\2\1", text)
    return [
        Sentence(words, tuple(cited_numbers(piece)))
        for piece in split_sentences(moved)
        if (words := _BULLET.sub("", without_marks(piece)).strip())
    ]


def split_sentences(text: str) -> list[str]:
    """Cut at the ends of sentences and lines, but not after “z.B.” or “No.”."""
    whole: list[str] = []
    held = ""
    for match in _SENTENCE.finditer(text):
        held = f"{held} {match[0].strip()}".strip()
        line_ends = text[match.end() : match.end() + 1] in ("", "\n")
        if line_ends or not _SHORTENED.search(held):
            whole.append(held)
            held = ""
    return [piece for piece in [*whole, held] if piece]


def unknown(numbers: Sequence[int], *, given: int) -> list[int]:
    """Named, but never given."""
    return [number for number in numbers if not 1 <= number <= given]


def with_shared_marks(sentences: Sequence[Sentence]) -> list[Sentence]:
    """A sentence without a mark rests on what the next one names, else the one before."""
    shared: list[Sentence] = []
    after: tuple[int, ...] = ()
    for sentence in reversed(sentences):
        after = sentence.cited or after
        shared.append(Sentence(sentence.text, after))
    shared.reverse()
    before: tuple[int, ...] = ()
    for n, sentence in enumerate(shared):
        before = sentence.cited or before
        shared[n] = Sentence(sentence.text, before)
    return shared
