"""What a business knows about a question."""

from datetime import date

from AI_model.providers.base import Passage


class IndexNotReady(Exception):
    """The business knows something, and no index of it was built in time."""


def search(
    *,
    business_id: str,
    question: str,
    limit: int = 5,
    version: int | None = None,
    today: date | None = None,
) -> list[Passage]:
    """The best entries and passages, best first; their scores mean the same in every business.

    `version` = the business's `knowledge_version` where it is known already; `today` = the day on
    which they have to count, the business's own one by itself. IndexNotReady.
    """
    # Arithmetic and weights take memory that an idle process should not hold.
    from AI_model.retrieval import index, store

    found = store.loaded(business_id, version)
    day = today or store.day_that_counts(found, business_id)
    return index.search(found.index, question, limit=limit, today=day)


def threshold_for(caution: str) -> float:
    """The score from which a passage supports an answer: "careful", "balanced" or "bold"."""
    from AI_model.retrieval.calibration import THRESHOLDS

    return THRESHOLDS[caution]
