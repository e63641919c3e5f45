"""How good a ranking is. Shares are 0..1, None where a set has no such questions."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from AI_model.retrieval.index import build, search
from eval.sets import Question, Set


@dataclass(frozen=True, slots=True)
class Found:
    """What the search said: the best ids, best first, and how sure it is of the first."""

    question: Question
    ranking: tuple[str, ...]
    score: float

    @property
    def right(self) -> bool:
        return bool(self.ranking) and self.ranking[0] in self.question.gold


@dataclass(frozen=True, slots=True)
class Figures:
    top1: float | None
    top3: float | None
    auroc: float | None
    right_at_5: float | None


def ask_all(measured: Set) -> list[Found]:
    index = build(measured.sources)
    found = []
    for question in measured.questions:
        best = search(index, question.text, limit=3)
        ranking = tuple(passage.id for passage in best)
        found.append(Found(question, ranking, best[0].score if best else 0.0))
    return found


def figures(found: Sequence[Found]) -> Figures:
    answerable = [one for one in found if one.question.gold]
    others = [one.score for one in found if not one.question.gold]
    if not answerable:
        return Figures(None, None, None, None)
    limit = score_beyond(others, share=0.05)
    return Figures(
        top1=_share([one.right for one in answerable]),
        top3=_share([bool(one.question.gold & set(one.ranking)) for one in answerable]),
        auroc=auroc([one.score for one in answerable], others) if others else None,
        right_at_5=_share([one.right and one.score > limit for one in answerable])
        if others
        else None,
    )


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


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)
