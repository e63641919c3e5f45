"""Is each sentence of an answer carried by one sentence of what it rests on: words, figures, limits?"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from AI_model.replies.grounding.citations import split_sentences
from AI_model.replies.grounding.claims import Fact, read_facts
from AI_model.replies.grounding.figures import Ground, unfounded
from AI_model.replies.grounding.numbers import DATA, folded
from AI_model.replies.grounding.polarity import CLAUSE, denies, without_reply
from AI_model.replies.grounding.support import is_courtesy, telling
from AI_model.replies.grounding.tongue import tongues
from AI_model.replies.grounding.words import content_words, nearness

OWN, FOREIGN = 0.7, 0.6
"""How near a word of the same, or of another language has to be."""
BARE = 2
"""Words of a sentence that only says yes or no."""
_WORD = re.compile(r"\w+")
# “10 or more” is a figure's bound, not a surcharge.
_BOUND = re.compile(
    r"\bor more\b|\bmore than\b|oder mehr|mehr als|o más|más de|или более|или больше"
)
_NO = re.compile(
    r"^\W*(?:no|nope|nein|nee|non|não|нет|ні|hayır|yo['’ʻʼ`]q|nie)\b(?=\s*[,.!:;–—-])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence and the title above it; `clauses`: the words of each, and whether it denies."""

    words: tuple[str, ...]
    limits: frozenset[str]
    ground: Ground
    clauses: tuple[tuple[tuple[str, ...], bool], ...]

    @property
    def narrows(self) -> bool:
        return bool(self.limits) or any(denied for _, denied in self.clauses)


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence of an answer, read once for all units."""

    words: tuple[str, ...]
    facts: tuple[Fact, ...]
    limits: frozenset[str]
    denies: bool
    refuses: bool


def units_of(texts: Sequence[str]) -> list[Unit]:
    """The sentences of each text; what stands before its first line break is its title."""
    found: list[Unit] = []
    for text in texts:
        title, _, words = text.partition("\n")
        pieces = split_sentences(words) if words.strip() else [""]
        found += [_unit(title, piece) for piece in pieces]
    return found


@lru_cache(maxsize=512)
def _unit(title: str, piece: str) -> Unit:
    text = f"{title} {piece}"
    clauses = tuple((tuple(content_words(one)), denies(one)) for one in CLAUSE.split(piece))
    return Unit(tuple(content_words(text)), limits_in(text), Ground.of([text]), clauses)


def uncarried(
    sentence: str, units: Sequence[Unit], asked: Ground, language: str, *, foreign: bool
) -> list[str]:
    """What of the sentence its nearest unit does not say; nothing when it is carried.

    Courtesies need no support, and a bare “Yes.” is held by what follows. Another sentence without
    any word of weight, such as “That is possible.”, is carried by nothing.
    """
    if not units or is_courtesy(sentence) or is_bare(sentence):
        return []
    said = _read(sentence, language)
    if not (said.words or said.facts):
        return [sentence]
    near = FOREIGN if foreign else OWN
    return min((_missing(said, unit, asked, near) for unit in units), key=len)


def is_bare(sentence: str) -> bool:
    """Whether it only says yes or no."""
    return len(_WORD.findall(sentence)) <= BARE and not telling(without_reply(sentence))


def _read(sentence: str, language: str) -> _Said:
    text = without_reply(sentence)
    return _Said(
        words=tuple(telling(text)),
        facts=tuple(read_facts(text, languages=tongues(text, language))),
        limits=limits_in(text),
        denies=denies(text),
        refuses=_NO.match(sentence) is not None,
    )


def _missing(said: _Said, unit: Unit, asked: Ground, near: float) -> list[str]:
    values = nearness(said.words, unit.words)
    words = [word for word, value in zip(said.words, values, strict=True) if value < near]
    facts = unfounded(said.facts, unit.ground, asked, denies=said.denies)
    missing = [*words, *(fact.words for fact in facts), *sorted(said.limits - unit.limits)]
    if said.denies != _denied(said, unit, near):
        missing.append("yes or no")
    elif said.refuses and not (said.denies or said.limits or unit.narrows):
        missing.append("no")
    return missing


def _denied(said: _Said, unit: Unit, near: float) -> bool:
    """Whether the clause of the unit that shares most words with what is said denies."""
    shared = [sum(v >= near for v in nearness(said.words, words)) for words, _ in unit.clauses]
    most = max(shared)
    best = [denied for (_, denied), n in zip(unit.clauses, shared, strict=True) if n == most]
    return said.denies if said.denies in best else best[0]


def limits_in(text: str) -> frozenset[str]:
    """The kinds of words in it that widen or narrow what is said: “only”, “all”, “before”."""
    flat = _BOUND.sub(" ", folded(text))
    return frozenset(name for name, pattern in _limits().items() if pattern.search(flat))


@cache
def _limits() -> dict[str, re.Pattern[str]]:
    table: dict[str, str] = json.loads((DATA / "limits.json").read_text(encoding="utf-8"))
    return {name: _pattern(words.split("|")) for name, words in table.items()}


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(map(folded, words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
