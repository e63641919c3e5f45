"""What a business knows about a question."""

from AI_model.providers.base import Passage


def search(*, business_id: str, question: str, limit: int = 5) -> list[Passage]:
    """The best entries and passages, best first; their scores mean the same in every business."""
    # Arithmetic and weights take memory that an idle process should not hold.
    from AI_model.retrieval import index, store

    return index.search(store.index_of(business_id), question, limit=limit)


def threshold_for(caution: str) -> float:
    """The score from which a passage supports an answer: "careful", "balanced" or "bold"."""
    from AI_model.retrieval.calibration import THRESHOLDS

    return THRESHOLDS[caution]
