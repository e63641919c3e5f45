"""Words that shut one another out: free and paid, dark and bright, red and green."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache

from AI_model.replies.grounding.citations import split_sentences
from AI_model.replies.grounding.claims import read_facts
from AI_model.replies.grounding.numbers import DATA, MONEY, folded
from AI_model.replies.grounding.polarity import denies, signs, signs_in, without_reply
from AI_model.replies.grounding.words import vectors_of

NEAR, AHEAD = 0.5, 0.15
"""How alike the sentence that speaks of the same must be, and how much more than the next one."""
_FREE = re.compile(
    r"free[ -]of[ -]charge|at no (?:extra )?(?:cost|charge)|without (?:extra )?charge"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’ʻʼ`-][^\W\d_]+)*")


def opposed(answer: str, source: str) -> bool:
    """Whether the answer uses the other word of a pair, or another one of a group: than all that
    it rests on, or than the sentence that clearly speaks of the same."""
    nearest = _nearest(answer, source)
    return _opposed(answer, source) or (bool(nearest) and _opposed(answer, nearest))


def _nearest(answer: str, source: str) -> str:
    sentences = split_sentences(source)
    if len(sentences) < 2:
        return ""
    likeness = (vectors_of(sentences) @ vectors_of([answer]).T)[:, 0]
    *_, second, best = sorted(likeness)
    clear = best >= NEAR and best >= second + AHEAD
    return sentences[int(likeness.argmax())] if clear else ""


def _opposed(answer: str, source: str) -> bool:
    mine, theirs = _affirmed(without_reply(answer)), _affirmed(source)
    if not mine or not theirs:
        return False
    if any(fact.unit in MONEY for fact in read_facts(source)):
        theirs += " cost"
    for group in (*_pairs(), *_groups()):
        said = {n for n, pattern in enumerate(group) if pattern.search(mine)}
        known = {n for n, pattern in enumerate(group) if pattern.search(theirs)}
        if said and known and not said & known:
            return True
    return False


def _affirmed(text: str) -> str:
    """Only what is said to be so, with “free of charge” as one word."""
    said = " ".join(sentence for sentence in split_sentences(text) if not denies(sentence))
    return _FREE.sub("free", folded(said))


def goes_further(answer: str, source: str, question: str = "") -> bool:
    """“always”, “at any time”, “yourself”, of which the source knows nothing."""
    mine, theirs = folded(answer), folded(source)
    words = {match[0] for match in _WORD.finditer(mine)}
    known = {match[0] for match in _WORD.finditer(theirs)}
    if words & signs("alone") and not known & signs("alone"):
        asked = {match[0] for match in _WORD.finditer(folded(question))}
        return not (denies(answer) or asked & signs("alone"))
    if words & signs("any") and not (denies(answer) or words & {"if", "please"}):
        asked = {match[0] for match in _WORD.finditer(folded(question))}
        return not (words & signs("any") <= known | asked or known & signs("wide"))
    wide = bool(words & signs("always")) or signs_in("whenever", mine)
    return wide and not known & signs("wide") and not signs_in("whenever", theirs)


@cache
def _pairs() -> list[Sequence[re.Pattern[str]]]:
    rows: list[list[str]] = json.loads((DATA / "opposites.json").read_text(encoding="utf-8"))
    return [[_compiled(side.split("|")) for side in row] for row in rows]


@cache
def _groups() -> list[Sequence[re.Pattern[str]]]:
    rows: list[list[str]] = json.loads((DATA / "groups.json").read_text(encoding="utf-8"))
    return [[_compiled(side.split()) for side in row] for row in rows]


def _compiled(names: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(_parts(names))})(?!\w)")


def _parts(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        text = re.escape(folded(name.removesuffix("*")))
        yield text + r"\w*" if name.endswith("*") else text
