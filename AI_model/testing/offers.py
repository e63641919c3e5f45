"""A business whose knowledge has three answers to the same words, so that it has to ask back."""

from accounts.models import Business
from AI_model.models import AIModelConfig
from settings_app.models import KnowledgeEntry

UNCLEAR = "delivery"
ANSWERS = {
    "How long does delivery take?": "Three days.",
    "What does delivery cost?": "Five euros.",
    "Can I change my delivery address?": "Yes, until we ship.",
}
PHRASINGS = {
    "How long does delivery take?": [UNCLEAR, "When will my parcel arrive?"],
    "What does delivery cost?": [UNCLEAR, "Price of shipping a parcel"],
    "Can I change my delivery address?": [UNCLEAR, "Send my parcel somewhere else"],
}


def make_unclear(business: Business) -> dict[str, KnowledgeEntry]:
    """The entries by their questions; the thresholds as far apart as a business's own can be."""
    settled = {
        "caution": "careful",
        "calibration": {"answer": {"careful": 1.0}, "offer": {"careful": 0.0}, "judged": 99},
        "quiet_period_ms": 0,
    }
    AIModelConfig.objects.update_or_create(business=business, defaults=settled)
    entries = {
        question: KnowledgeEntry.objects.create(
            business=business, question=question, phrasings=PHRASINGS[question], answer=answer
        )
        for question, answer in ANSWERS.items()
    }
    business.refresh_from_db()
    return entries
