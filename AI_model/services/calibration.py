"""How sure the AI must be in a business, learnt from that business's own judged answers.

One number is estimated: by how much (in log odds) the business's questions are harder than those
that the product was fitted on. Thresholds move by it, so more wrong answers never lower one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import exp, log
from typing import Any, NamedTuple

from django.utils import timezone

from AI_model.models import AIModelConfig, AnswerVerdict
from AI_model.replies.outcomes import LONGEST_MOVE, product_thresholds

LOOKED_BACK = timedelta(days=180)
FEWEST = 30
MOST = 5_000
# What the product expects weighs as much as so many judgements that could go either way.
PRIOR_WEIGHT = 50 * 0.25
HARDEST = 8.0
STEPS = 50

Thresholds = Mapping[str, float]


class Judgement(NamedTuple):
    """A score (0..1) and whether what was given with it was right; `chosen`: among an offer's."""

    score: float
    right: bool
    chosen: bool = False


def estimate(
    judged: Sequence[Judgement], *, answer: Thresholds, offer: Thresholds
) -> dict[str, Any]:
    """`{"answer": {caution: score}, "offer": {…}, "judged": n}`; empty while too few were judged.

    What agents said of answers moves the answer thresholds, what customers chose those of offers.
    `answer`, `offer`: what the product starts with.
    """
    if len(judged) < FEWEST or len({one.right for one in judged}) < 2:
        return {}
    answers = _moved(answer, _hardness([one for one in judged if not one.chosen]))
    offers = _moved(offer, _hardness([one for one in judged if one.chosen]))
    low = {caution: min(at, answers[caution]) for caution, at in offers.items()}
    return {"answer": answers, "offer": low, "judged": len(judged)}


def _hardness(judged: Sequence[Judgement]) -> float:
    """The most likely shift: where the expected and the found numbers of right answers meet."""
    odds = [(_log_odds(one.score), one.right) for one in judged]
    low, high = -HARDEST, HARDEST
    for _ in range(STEPS):
        middle = (low + high) / 2
        surplus = sum(_share(at - middle) - right for at, right in odds)
        low, high = (middle, high) if surplus > PRIOR_WEIGHT * middle else (low, middle)
    return (low + high) / 2


def _moved(thresholds: Thresholds, hardness: float) -> dict[str, float]:
    return {
        caution: round(
            min(at + LONGEST_MOVE, max(at - LONGEST_MOVE, _share(_log_odds(at) + hardness))), 4
        )
        for caution, at in thresholds.items()
    }


def _log_odds(score: float) -> float:
    share = min(0.99, max(0.01, score))
    return log(share / (1 - share))


def _share(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def calibrate_all(*, now: datetime | None = None) -> int:
    """Estimate every business's thresholds anew; how many of them changed. Safe to run again."""
    since = (now or timezone.now()) - LOOKED_BACK
    answer, offer = product_thresholds()
    changed = 0
    for config in AIModelConfig.objects.only("business_id", "calibration").iterator():
        found = estimate(judged_since(config.business_id, since), answer=answer, offer=offer)
        if found != config.calibration:
            AIModelConfig.objects.filter(pk=config.pk).update(calibration=found)
            changed += 1
    return changed


def judged_since(business_id: str, since: datetime) -> list[Judgement]:
    """The latest judgements that say something about scores: not those of chosen entries' answers,
    whose score is certain."""
    rows = (
        AnswerVerdict.objects.for_business(business_id)
        .filter(updated_at__gte=since, score__gt=0, score__lt=1)
        .exclude(entry_id="")
        .order_by("-updated_at")
        .values_list("score", "right", "source")[:MOST]
    )
    chosen = AnswerVerdict.Source.CHOICE
    return [Judgement(score, right, source == chosen) for score, right, source in rows]


def calibration_words(config: AIModelConfig) -> str:
    """What the business's own judgements changed, for its owner."""
    own = config.calibration
    if not own:
        return (
            f"As the product sets it. From {FEWEST} judged answers on, right and wrong ones, "
            "this follows what agents and customers said."
        )
    answer, offer = own["answer"][config.caution], own["offer"][config.caution]
    return (
        f"From {own['judged']} judged answers: the AI answers from a fit of {answer:.0%} on, "
        f"and offers a choice from {offer:.0%} on."
    )
