"""One question to the chain of providers, with its calls and its time noted."""

import time
from collections.abc import Sequence

from django.conf import settings

from AI_model.generation import generate
from AI_model.metering import Meter
from AI_model.providers.base import Completion, CompletionRequest, Passage, Provider
from AI_model.replies.composition import Composition
from AI_model.replies.lengths import cut_words
from AI_model.replies.policy import Reason
from AI_model.replies.situation import Situation
from core.lib.clock import Deadline
from core.lib.hands import waiting

REASONS = {"no_support": Reason.NO_SUPPORT, "over_budget": Reason.OVER_BUDGET}


def request_for(
    situation: Situation, question: str, supported: Sequence[Passage], threshold: float
) -> CompletionRequest:
    return CompletionRequest(
        system="",
        turns=(),
        max_tokens=situation.config.max_tokens,
        temperature=situation.config.temperature,
        deadline=Deadline.after(settings.ANSWER_DEADLINE_SECONDS),
        passages=supported,
        question=cut_words(question),
        threshold=threshold,
    )


def ask_chain(
    result: Composition,
    request: CompletionRequest,
    chain: Sequence[Provider],
    meter: Meter | None = None,
) -> Completion | None:
    """Ask the chain; without an answer the result gets its reason."""
    started = time.monotonic()
    with waiting():
        generation = generate(request=request, chain=chain, meter=meter)
    result.took("model", round((time.monotonic() - started) * 1000))
    result.calls += generation.calls
    result.completion = generation.completion or result.completion
    if generation.completion is None:
        code = generation.error.code if generation.error else ""
        result.reason = REASONS.get(code, Reason.PROVIDER_DOWN)
    return generation.completion
