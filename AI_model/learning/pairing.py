"""Which question of a customer a person's answer belongs to. Pure: lines in, pairs out."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Literal

from AI_model.learning.private import NAME
from AI_model.replies.followup import added_by
from AI_model.replies.phrasebook.folding import END, fold
from AI_model.replies.phrases import SmallTalk, asks_for_person, small_talk

MAX_QUESTION = 500
FEWEST_WORDS = 3
FEWEST_LETTERS = 6
"""Of a script that puts no blanks between words."""
LONGEST_HOLD = 14
SHORT = 6
MOST_NAMES = 3
OPENINGS = frozenset((SmallTalk.GREETING, SmallTalk.THANKS))
WORDS = Path(__file__).parent / "holding.json"

_SENTENCE = re.compile(r"(?<=[.!?…。！？؟])\s+|(?<=[。！？])|\n+")
_ASKS = re.compile(r"[?？؟]")
_CALLED = re.compile(
    rf"^\W*{re.escape(NAME)}\W*$|^{re.escape(NAME)}\s*[,:،、]\s*|\s*[,،、]\s*{re.escape(NAME)}(?=\s*(?:[,.!?;]|$))"
)
"""A name that calls somebody, or signs."""
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Line:
    """A message, with people's names and the like already hidden."""

    id: str
    speaker: Literal["customer", "person"]
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """`answer_id`: the first message of the answer."""

    question: str
    answer: str
    answer_id: str


def pair_up(lines: Sequence[Line]) -> list[Pair]:
    """Questions with the answers that follow, from a hand-over on.

    The first words are what was handed over. Later ones count when they ask something that can be
    understood without what was said before.
    """
    return list(_pairs(lines))


def _pairs(lines: Sequence[Line]) -> Iterator[Pair]:
    open_question, is_first = "", True
    for speaker, group in groupby(lines, key=lambda line: line.speaker):
        block = list(group)
        if speaker == "customer":
            asked = question_in([line.text for line in block])
            if asked and (is_first or _ASKS.search(asked)):
                open_question = asked if is_first or added_by(asked) is None else ""
                is_first = False
        elif open_question and (said := answer_in([line.text for line in block])):
            yield Pair(open_question, said, block[0].id)
            open_question = ""


def question_in(texts: Sequence[str]) -> str:
    """The latest of the messages that asks, else the latest that says something; "" for none."""
    told = [text for text in map(_essence, texts) if text]
    asking = [text for text in told if _ASKS.search(text)]
    return next(iter([*reversed(asking), *reversed(told)]), "")


def _essence(text: str) -> str:
    """A customer's message without its greeting, thanks and introduction."""
    if asks_for_person(text):
        return ""
    kept = [part for part in _parts(text) if not _says_nothing(part)]
    short = " ".join(" ".join(kept).split())
    if len(short) > MAX_QUESTION:
        short = short[:MAX_QUESTION].rsplit(" ", 1)[0]
    return short if any(letter.isalpha() for letter in short.replace(NAME, "")) else ""


def _parts(text: str) -> list[str]:
    """Its sentences, a greeting before a comma apart."""
    parts: list[str] = []
    for sentence in filter(None, (part.strip() for part in _SENTENCE.split(text))):
        head, comma, rest = sentence.partition(",")
        if comma and rest.strip() and _opens(head):
            parts += [head, rest.strip()]
        else:
            parts.append(sentence)
    return parts


def _opens(part: str) -> bool:
    """“Hi”, “Thank you”, “Hello Ms Miller”: a greeting or thanks, with at most three names."""
    words = part.replace(NAME, " ").strip(" ,.!-–—").split()
    for names in range(min(MOST_NAMES, len(words) - 1) + 1):
        said, called = words[: len(words) - names], words[len(words) - names :]
        if all(name[:1].isupper() for name in called) and small_talk(" ".join(said)) in OPENINGS:
            return True
    return False


def _says_nothing(part: str) -> bool:
    """Small talk, or “my name is …” and nothing else."""
    bare = part.replace(NAME, " ").strip(" ,.!-–—:;")
    if not bare or small_talk(bare) or _opens(part):
        return True
    return NAME in part and not _ASKS.search(part) and _size(bare) <= SHORT


def answer_in(texts: Sequence[str]) -> str:
    """What a person's messages in a row answer; "" when they only greet, wait or ask back, and
    when they send the customer to somebody by name."""
    said = [found for text in texts if (found := _said(text))]
    answer = "\n".join(said)
    if NAME in answer:
        return ""
    enough = _size(answer) >= FEWEST_WORDS or any(letter.isdigit() for letter in answer)
    return answer if said and enough else ""


def _said(text: str) -> str:
    if is_holding(text):
        return ""
    lines = (_said_in_line(_CALLED.sub("", line)) for line in text.split("\n"))
    return "\n".join(filter(None, lines)).strip()


def _said_in_line(line: str) -> str:
    parts = [part for part in _parts(line) if not small_talk(part.strip(" ,")) and not _opens(part)]
    parts = [part for part in parts if not is_holding(part)]
    if parts and _says_nothing(parts[0]):
        parts.pop(0)
    while parts and _ASKS.search(parts[-1]):
        parts.pop()
    said = " ".join(parts).strip()
    return said[:1].upper() + said[1:]


def is_holding(text: str) -> bool:
    """“One moment, please” and the like: a promise to answer, no answer."""
    folded = " ".join(word for word in fold(text).split() if word != END)
    if not folded or _size(text) > LONGEST_HOLD or any(letter.isdigit() for letter in text):
        return False
    spaced = f" {folded} "
    return any(
        phrase in folded if _UNSPACED.search(phrase) else f" {phrase} " in spaced
        for phrase in _holding()
    )


@cache
def _holding() -> frozenset[str]:
    book: dict[str, list[str]] = json.loads(WORDS.read_text(encoding="utf-8"))
    return frozenset(
        " ".join(word for word in fold(phrase).split() if word != END)
        for phrases in book.values()
        for phrase in phrases
    )


def _size(text: str) -> int:
    """Words; of a script without blanks, letters counted so that the same limits fit."""
    letters = len(_UNSPACED.findall(text))
    return len(text.split()) + letters * FEWEST_WORDS // FEWEST_LETTERS
