"""What a business knows about a question."""

from AI_model.providers.base import Passage


class IndexNotReady(Exception):
    """The business knows something, and no index of it was built in time."""


def search(
    *, business_id: str, question: str, limit: int = 5, version: int | None = None
) -> list[Passage]:
    """The best entries and passages, best first; their scores mean the same in every business.

    `version` = the business's `knowledge_version` where it is known already. IndexNotReady.
    """
    # Arithmetic and weights take memory that an idle process should not hold.
    from AI_model.retrieval import index, store

    return index.search(store.index_of(business_id, version), question, limit=limit)


def threshold_for(caution: str) -> float:
    """The score from which a passage supports an answer: "careful", "balanced" or "bold"."""
    from AI_model.retrieval.calibration import THRESHOLDS

    return THRESHOLDS[caution]
