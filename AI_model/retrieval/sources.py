"""From what a business wrote to pieces that can be found and quoted."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

# A passage holds about this many words: enough to stand alone, short enough to mean one thing.
FEWEST_WORDS = 80
MOST_WORDS = 150
# Between the headings that lead to a passage.
STEP = " / "

_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_UNDERLINE = re.compile(r"^(=+|-+)\s*$")
# “Q: …”, “**Q1:** …”, “3) Question: …”, and the same in a few languages.
_LABEL = r"^\W{{0,4}}(?:\d+\W{{1,3}})?(?:{names})\s*\d*[*_]{{0,2}}\s*[:.)]\s*[*_]{{0,2}}\s*(.*)$"
_QUESTION = re.compile(_LABEL.format(names="q|question|frage|pregunta|вопрос"), re.IGNORECASE)
_ANSWER = re.compile(_LABEL.format(names="a|answer|antwort|respuesta|ответ"), re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")


@dataclass(frozen=True, slots=True)
class Source:
    """A thing that can answer.

    An "entry" is asked for in its `phrasings` and answered with its `answer`; a "text" is found by
    its sentences and quoted as it is. `id` is the entry's, or made from the content. `origin` is
    the entry's or source's own id, `place` where in it a passage stands: an address, a page. It
    counts from `valid_from` to `valid_to`, days in the business's zone.
    """

    id: str
    kind: Literal["entry", "text"]
    title: str
    text: str
    answer: str = ""
    phrasings: tuple[str, ...] = ()
    origin: str = ""
    place: str = ""
    language: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


def content_id(prefix: str, *parts: str) -> str:
    """An id that stays the same as long as the words do."""
    return f"{prefix}_{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"


def entry_source(*, entry_id: str, question: str, phrasings: list[str], answer: str) -> Source:
    asked = tuple(dict.fromkeys(text.strip() for text in (question, *phrasings) if text.strip()))
    return Source(entry_id, "entry", title=question, text=answer, answer=answer, phrasings=asked)


def pair_sources(text: str) -> list[Source]:
    """“Q: … / A: …” pairs; several Q lines before an A are phrasings of one question."""
    return [
        Source(
            content_id("qa", *asked),
            "entry",
            title=asked[0],
            text=answer,
            answer=answer,
            phrasings=tuple(asked),
        )
        for asked, answer in _pairs(text)
        if answer
    ]


def _pairs(text: str) -> Iterator[tuple[list[str], str]]:
    asked: list[str] = []
    answer: list[str] | None = None
    for line in text.splitlines():
        if found := _QUESTION.match(line.strip()):
            if answer is not None:
                yield asked, "\n".join(answer).strip()
                asked, answer = [], None
            asked += filter(None, [found[1].strip()])
        elif asked and answer is None and (found := _ANSWER.match(line.strip())):
            answer = [found[1].strip()]
        elif answer is not None:
            answer.append(line.rstrip())
    if answer is not None:
        yield asked, "\n".join(answer).strip()


def text_sources(text: str, *, title: str) -> list[Source]:
    """Passages along headings and paragraphs, each titled with its heading path."""
    return [
        Source(content_id("text", path, passage), "text", title=path, text=passage)
        for path, body in _sections(text, title)
        for passage in _passages(body)
    ]


def _sections(text: str, title: str) -> Iterator[tuple[str, list[str]]]:
    """(heading path, paragraphs) of each stretch between two headings."""
    path: list[tuple[int, str]] = []
    lines: list[str] = []
    for line in [*text.splitlines(), "# "]:
        heading = _heading(line, lines)
        if heading is None:
            lines.append(line)
            continue
        if body := _paragraphs(lines):
            yield STEP.join(_without_repeats([title, *(name for _, name in path)])), body
        level, name = heading
        path = [*(step for step in path if step[0] < level), (level, name)]
        lines = []


def _without_repeats(steps: Sequence[str]) -> Iterator[str]:
    """A document's first heading is often its title once more."""
    for before, step in pairwise(["", *steps]):
        if step.casefold().strip() != before.casefold().strip():
            yield step


def _heading(line: str, before: list[str]) -> tuple[int, str] | None:
    if line == "# ":
        return 1, ""
    if found := _HEADING.match(line.strip()):
        return len(found[1]), found[2]
    alone = len(before) < 2 or not before[-2].strip()
    if _UNDERLINE.match(line.strip()) and before and before[-1].strip() and alone:
        return (1 if line.strip()[0] == "=" else 2), before.pop().strip()
    return None


def _paragraphs(lines: list[str]) -> list[str]:
    blocks = re.split(r"\n\s*\n", "\n".join(lines))
    return [block.strip() for block in blocks if block.strip()]


def _passages(paragraphs: list[str]) -> Iterator[str]:
    """Paragraphs put together up to the wanted length; a longer one is cut at sentence ends."""
    held: list[str] = []
    size = 0
    for piece in (piece for paragraph in paragraphs for piece in _cut(paragraph)):
        length = _size(piece)
        if held and (size + length > MOST_WORDS or size >= FEWEST_WORDS):
            yield "\n\n".join(held)
            held, size = [], 0
        held, size = [*held, piece], size + length
    if held:
        yield "\n\n".join(held)


def _cut(paragraph: str) -> Iterator[str]:
    if _size(paragraph) <= MOST_WORDS:
        yield paragraph
        return
    held: list[str] = []
    for sentence in (part for whole in sentences(paragraph) for part in _chop(whole)):
        if held and _size(" ".join([*held, sentence])) > MOST_WORDS:
            yield " ".join(held)
            held = []
        held.append(sentence)
    if held:
        yield " ".join(held)


def _chop(sentence: str) -> list[str]:
    """A text without sentence ends, such as a pasted table, in pieces of a bearable length."""
    most = MOST_WORDS * 8
    return [sentence[start : start + most] for start in range(0, len(sentence), most)]


def _size(text: str) -> int:
    """Words; scripts without blanks count about three letters as one."""
    return max(len(text.split()), len(text) // 8)


def sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
