"""How good a ranking is. Shares are 0..1, None where a set has no such questions."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from AI_model.providers.base import Passage
from AI_model.retrieval.index import build, search
from eval.sets import Question, Set

DEPTH = 10


@dataclass(frozen=True)
class Found:
    """What the search said: passages, best first, and how sure it is of the first."""

    question: Question
    passages: tuple[Passage, ...]

    @cached_property
    def place(self) -> int:
        """Of the first right passage, from 1; 0 when there is none."""
        places = (n for n, one in enumerate(self.passages, 1) if one.id in self.question.gold)
        return next(places, 0)

    @property
    def right(self) -> bool:
        return self.place == 1

    @property
    def score(self) -> float:
        return self.passages[0].score if self.passages else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    top1: float | None
    top3: float | None
    top5: float | None
    mrr: float | None
    auroc: float | None
    right_at_5: float | None


def ask_all(measured: Set) -> list[Found]:
    index = build(measured.sources)
    return [
        Found(question, tuple(search(index, question.text, limit=DEPTH)))
        for question in measured.questions
    ]


def figures(found: Sequence[Found]) -> Figures:
    answerable = [one for one in found if one.question.gold]
    others = [one.score for one in found if not one.question.gold]
    if not answerable:
        return Figures(None, None, None, None, None, None)
    return Figures(
        top1=_share(answerable, lambda one: one.right),
        top3=_share(answerable, lambda one: 0 < one.place <= 3),
        top5=_share(answerable, lambda one: 0 < one.place <= 5),
        mrr=sum(1 / one.place for one in answerable if one.place) / len(answerable),
        auroc=auroc([one.score for one in answerable], others) if others else None,
        right_at_5=right_beyond(answerable, score_beyond(others, share=0.05)) if others else None,
    )


def right_beyond(answerable: Sequence[Found], limit: float) -> float:
    """The share answered rightly when only scores above the limit are answered."""
    return _share(answerable, lambda one: one.right and one.score > limit)


def right_with_one_limit(sets: Sequence[Sequence[Found]]) -> float:
    """As `right_at_5`, with one limit for all sets together, as a product ships."""
    found = [one for each in sets for one in each]
    limit = score_beyond([one.score for one in found if not one.question.gold], share=0.05)
    return right_beyond([one for one in found if one.question.gold], limit)


def mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """How often one of `higher` is above one of `lower`; a tie counts half."""
    ordered = sorted(lower)
    below = sum(bisect_left(ordered, score) + bisect_right(ordered, score) for score in higher)
    return below / (2 * len(higher) * len(ordered))


def score_beyond(scores: Sequence[float], *, share: float) -> float:
    """The score that at most this share of `scores` is above."""
    ordered = sorted(scores, reverse=True)
    allowed = math.floor(share * len(ordered))
    return ordered[allowed] if allowed < len(ordered) else -math.inf


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _share(found: Sequence[Found], is_so: Callable[[Found], bool]) -> float:
    return sum(map(is_so, found)) / len(found)
