"""Answer, offer a choice, or hand over: what becomes of each question, by caution."""

from collections import Counter
from collections.abc import Sequence

from AI_model.replies.outcomes import Thresholds, choose, product_thresholds
from eval.figures import Found
from eval.report import Table, percent

CAUTIONS = ("careful", "balanced", "bold")
ANSWERABLE = ("right", "wrong", "offered, right one in it", "offered without it", "handed over")
OTHERS = ("answered", "offered", "handed over")
SEEN = 5
"""Passages of a search that an answer looks at."""


def thresholds(caution: str) -> Thresholds:
    answer, offer = product_thresholds()
    return Thresholds(answer[caution], offer[caution], answer["careful"])


def outcome(one: Found, caution: str) -> str:
    """One of ANSWERABLE, or of OTHERS for a question without an answer."""
    choice = choose(
        passages=one.passages[:SEEN],
        thresholds=thresholds(caution),
        offers_allowed=True,
        just_offered=False,
        angry=False,
        ties_offered=True,
    )
    if choice.kind == "hand_over":
        return "handed over"
    if not one.question.gold:
        return "answered" if choice.kind == "answer" else "offered"
    if choice.kind == "answer":
        return "right" if one.right else "wrong"
    offered = {passage.id for passage in choice.passages}
    return ANSWERABLE[2] if offered & one.question.gold else ANSWERABLE[3]


def shares(found: Sequence[Found], caution: str) -> tuple[dict[str, float], dict[str, float]]:
    """Shares of the outcomes for questions with an answer, and for those without."""
    with_answer = Counter(outcome(one, caution) for one in found if one.question.gold)
    without = Counter(outcome(one, caution) for one in found if not one.question.gold)
    return _shares(with_answer), _shares(without)


def _shares(counted: Counter[str]) -> dict[str, float]:
    return {name: count / counted.total() for name, count in counted.items()}


def tables(found: Sequence[Found], *, of: str) -> list[Table]:
    answerable = Table(f"Hand-over: questions that {of} can answer (percent)", ANSWERABLE)
    others = Table(f"Hand-over: questions that {of} cannot answer (percent)", OTHERS)
    for caution in CAUTIONS:
        inside, outside = shares(found, caution)
        answerable.add(caution, *(percent(inside.get(name, 0.0)) for name in ANSWERABLE))
        others.add(caution, *(percent(outside.get(name, 0.0)) for name in OTHERS))
    return [answerable, others]
