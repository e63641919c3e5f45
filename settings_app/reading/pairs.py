"""Questions with their answers, as people write them down in a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# “Q: …”, “**Q1:** …”, “3) Question: …”, and the same in a few languages.
_LABEL = r"^\W{{0,4}}(?:\d+\W{{1,3}})?(?:{names})\s*\d*[*_]{{0,2}}\s*[:.)：]\s*[*_]{{0,2}}\s*(.*)$"
_Q = "q|question|frage|pregunta|вопрос|pergunta|domanda|pytanie|soru|питання|vraag"
_A = (
    "a|answer|antwort|respuesta|ответ|réponse|reponse|resposta|risposta|odpowiedź|cevap"
    "|відповідь|antwoord"
)
_QUESTION = re.compile(_LABEL.format(names=_Q), re.IGNORECASE)
_ANSWER = re.compile(_LABEL.format(names=_A), re.IGNORECASE)
_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
_BOLD = re.compile(r"^\s{0,3}(?:\d+[.)]\s+)?(\*\*|__)(.+?[?？؟])\s*\1\s*$")
_ASKS = re.compile(r"[?？؟][*_\s]*$")
_NUMBER = re.compile(r"^\d+(?:\.\d+)*[.)]\s+")


def asks(line: str) -> bool:
    return bool(_ASKS.search(line))


@dataclass(slots=True)
class Pair:
    """A question in the ways in which it stands there, and its answer. `line` counts from 1."""

    line: int
    asked: list[str]
    answer: list[str] = field(default_factory=list)
    level: int = 0  # of the heading that asks; 0 = a label or a bold line

    def words(self) -> str:
        return "\n".join(self.answer).strip()


@dataclass(slots=True)
class Found:
    pairs: list[Pair] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)


def pairs(text: str) -> Iterator[tuple[list[str], str]]:
    """Labelled “Q: … / A: …” pairs; several Q lines before an A are one question's phrasings."""
    for pair in find_pairs(text, headings=False).pairs:
        yield pair.asked, pair.words()


def find_pairs(text: str, *, headings: bool = True) -> Found:
    """Labelled pairs, and with `headings` those whose question is a heading or a bold line.

    What belongs to no pair is `rest`. A question without an answer is no pair.
    """
    finder = _Finder(headings)
    for number, line in enumerate(text.split("\n"), 1):
        finder.take(number, line)
    finder.close()
    return finder.found


class _Finder:
    def __init__(self, headings: bool) -> None:
        self.found = Found()
        self.headings = headings
        self.open: Pair | None = None
        self.answering = False
        self.lines: list[str] = []  # of the open pair, as they stand

    def take(self, number: int, line: str) -> None:
        bare = line.strip()
        if match := _QUESTION.match(bare):
            self._ask(number, line, match[1])
        elif self.open and not self.answering and (match := _ANSWER.match(bare)):
            self._answer(line, match[1])
        elif (heading := _HEADING.match(line)) is not None:
            self._heading(number, line, len(heading[1]), heading[2])
        elif self.headings and (bold := _BOLD.match(line)):
            self._begin(number, line, bold[2], 0)
        else:
            self._go_on(line)

    def _ask(self, number: int, line: str, words: str) -> None:
        if self.open and not self.answering:
            self.lines.append(line)
            self.open.asked += filter(None, [words.strip()])
            return
        self.close()
        self.open, self.answering = Pair(number, [*filter(None, [words.strip()])]), False
        self.lines = [line]

    def _answer(self, line: str, words: str) -> None:
        assert self.open is not None
        self.lines.append(line)
        self.open.answer.append(words.strip())
        self.answering = True

    def _heading(self, number: int, line: str, level: int, title: str) -> None:
        if self.open and self.open.level and level > self.open.level and not _ASKS.search(title):
            self._go_on(line)
        elif self.headings and _ASKS.search(title):
            self._begin(number, line, title, level)
        else:
            self.close()
            self.found.rest.append(line)

    def _begin(self, number: int, line: str, title: str, level: int) -> None:
        """A question that needs no label before its answer."""
        self.close()
        asked = _NUMBER.sub("", title.strip().strip("*_").strip())
        self.open, self.answering, self.lines = Pair(number, [asked], level=level), True, [line]

    def _go_on(self, line: str) -> None:
        if self.open is None:
            self.found.rest.append(line)
            return
        self.lines.append(line)
        if self.answering:
            self.open.answer.append(line.rstrip())
        elif line.strip():
            self._continue_question(line)

    def _continue_question(self, line: str) -> None:
        """A question that was wrapped goes on until its answer begins."""
        assert self.open is not None
        if self.open.asked and not _ASKS.search(self.open.asked[-1]):
            self.open.asked[-1] += " " + line.strip()
        else:
            self._drop()

    def _drop(self) -> None:
        self.found.rest += self.lines
        self.open, self.answering, self.lines = None, False, []

    def close(self) -> None:
        if self.open is None:
            return
        if self.open.asked and self.open.words():
            self.found.pairs.append(self.open)
            self.open, self.answering, self.lines = None, False, []
        else:
            self._drop()
