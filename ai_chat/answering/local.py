"""Answers of the built-in model: the business's own words, and nothing else."""

from dataclasses import replace

from accounts.models import Business
from AI_model.models import AIModelConfig
from AI_model.providers.base import CompletionRequest
from AI_model.replies.findings import Finding, find
from AI_model.replies.lengths import cut_words
from AI_model.replies.outcomes import thresholds_of
from AI_model.retrieval.search import IndexNotReady
from AI_model.selectors import config_of

NOTHING_FOUND = (
    "Nothing in your business's knowledge answers this. The built-in model answers from that "
    "knowledge only; to chat about anything, connect an endpoint with a language model in the "
    "settings."
)


def with_knowledge(request: CompletionRequest, business: Business) -> CompletionRequest:
    """The request with what the business's knowledge has on its question."""
    config = config_of.first(business_id=business.pk) or AIModelConfig(business=business)
    needed = thresholds_of(config).needed(angry=False)
    finding = _find(business, request)
    return replace(request, passages=finding.supported(needed), threshold=needed)


def _find(business: Business, request: CompletionRequest) -> Finding:
    question = cut_words(request.question)
    if business.knowledge_version == 0:
        return Finding(question, [])
    asked = [turn.text for turn in request.turns if turn.role == "user"]
    earlier = [(cut_words(text), "") for text in asked[-4:-1]]
    try:
        found = find(
            business_id=business.pk,
            texts=[question],
            version=business.knowledge_version,
            earlier=earlier,
        )
    except IndexNotReady:
        return Finding(question, [])
    return found.whole
