"""What was said against what would be said: one of four verdicts, and the difference in words."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

from AI_model.models import ReplayTurn
from AI_model.providers.base import Passage
from AI_model.replies.grounding.check import check

Verdict = ReplayTurn.Verdict
Segment = dict[Literal["op", "text"], str]

LIKE = 0.8
"""Cosine of two texts' vectors from which they mean the same, where their figures agree."""
AGAINST_EACH_OTHER = {"invented_number", "invented_link", "contradiction"}
MOST_PAIRS = 1_000_000
"""Of words to be compared: longer texts are shown one after the other."""
# Where words are not parted by spaces, each letter is one.
_UNPARTED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORDS = re.compile(rf"[{_UNPARTED}]\s*|[^\s{_UNPARTED}]+\s*")


@dataclass(frozen=True, slots=True)
class Said:
    """An ending of a question. `text` is empty where people got it; `written` = by a model."""

    outcome: Literal["answered", "offered", "handed_over"]
    text: str = ""
    reason: str = ""
    entries: list[str] = field(default_factory=list)
    score: float | None = None
    written: bool = False

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Said":
        names = cls.__dataclass_fields__.keys()
        return cls(**{name: value for name, value in stored.items() if name in names})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def verdict_on(before: Said, after: Said) -> Verdict:
    """An offer is no answer: a question that is only offered a choice now has changed."""
    if before.outcome != after.outcome:
        other = {"answered": Verdict.ANSWERED, "handed_over": Verdict.HANDED_OVER}
        return other.get(after.outcome, Verdict.CHANGED)
    if after.outcome == "handed_over":
        return Verdict.SAME
    same = sorted(before.entries) == sorted(after.entries) and _same_words(before, after)
    return Verdict.SAME if same else Verdict.CHANGED


def _same_words(before: Said, after: Said) -> bool:
    """What a business wrote counts to the letter; what a model wrote, by what it says."""
    if before.text.split() == after.text.split() or not before.text:
        return True
    return before.written and after.written and says_the_same(before.text, after.text)


def says_the_same(one: str, other: str) -> bool:
    """Whether no figure, link or yes and no differs, and the meaning is near."""
    if _opposed(one, other) or _opposed(other, one):
        return False
    return likeness(one, other) >= LIKE


def _opposed(text: str, source: str) -> bool:
    findings = check(text, [Passage("", "text", "", source)])
    return not AGAINST_EACH_OTHER.isdisjoint(findings.codes)


def likeness(one: str, other: str) -> float:
    """Cosine of the texts' vectors."""
    from AI_model.retrieval.encoder import encode  # weights that an idle process should not hold

    first, second = encode([one, other])
    return float(first @ second)


def difference(before: str, after: str) -> list[Segment]:
    """Words that stayed, went and came. What stayed and came together is `after`."""
    was, now = _WORDS.findall(before.strip()), _WORDS.findall(after.strip())
    if len(was) * len(now) > MOST_PAIRS:
        return _segments([("removed", was), ("added", now)])
    bare = [word.strip() for word in was], [word.strip() for word in now]
    parts: list[tuple[str, Sequence[str]]] = []
    for op, i, j, m, n in SequenceMatcher(None, *bare, autojunk=False).get_opcodes():
        if op == "equal":
            parts.append(("same", now[m:n]))
        else:
            parts += [("removed", was[i:j]), ("added", now[m:n])]
    return _segments(parts)


def _segments(parts: Sequence[tuple[str, Sequence[str]]]) -> list[Segment]:
    return [{"op": op, "text": "".join(words)} for op, words in parts if words]
