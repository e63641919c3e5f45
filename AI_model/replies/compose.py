"""Writing an answer: find passages, ask the chain of providers, check what came back."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from AI_model.generation import CallRecord, generate
from AI_model.models import AIModelConfig
from AI_model.providers.base import Completion, CompletionRequest, Passage
from AI_model.providers.registry import configured_chain
from AI_model.replies.phrases import is_greeting, is_thanks
from AI_model.replies.policy import Reason
from AI_model.replies.prompt import PromptTexts, declines, read_answer, system_prompt, turns_of
from AI_model.replies.situation import Situation
from AI_model.replies.words import GREETING, THANKS
from AI_model.retrieval.search import search, threshold_for
from core.lib.clock import Deadline
from messaging.selectors import spoken_messages
from settings_app.selectors import published_prompts

PASSAGES = 5


@dataclass(slots=True)
class Composition:
    """An answer, or the reason why there is none; and what it took."""

    text: str = ""
    reason: Reason | None = None
    cited: list[Passage] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    completion: Completion | None = None
    prompts_version: int | None = None
    timings: dict[str, int] = field(default_factory=dict)

    @property
    def citations(self) -> list[dict[str, Any]]:
        return [
            {"entry_id": p.id, "title": p.title, "score": round(p.score, 3)} for p in self.cited
        ]


def compose(situation: Situation) -> Composition:
    """Answer the unanswered words of a conversation. Touches the network; writes nothing."""
    if is_greeting(situation.question):
        return Composition(text=GREETING.format(business=situation.business.name))
    if is_thanks(situation.question):
        return Composition(text=THANKS)
    result = Composition()
    started = time.monotonic()
    if situation.business.knowledge_version > 0:
        result.passages = search(
            business_id=situation.business.pk, question=situation.question, limit=PASSAGES
        )
    result.timings["retrieval"] = _milliseconds(started)
    threshold = threshold_for(situation.config.caution)
    supported = [passage for passage in result.passages if passage.score >= threshold]
    if is_strict(situation) and not supported:
        result.reason = Reason.NO_SUPPORT
        return result
    _ask_models(situation, result, supported, threshold)
    return result


def is_strict(situation: Situation) -> bool:
    """Grounding as set; unset means strict as soon as the business has any knowledge."""
    if situation.config.grounding:
        return situation.config.grounding == AIModelConfig.Grounding.STRICT
    return situation.business.knowledge_version > 0


def _ask_models(
    situation: Situation, result: Composition, supported: Sequence[Passage], threshold: float
) -> None:
    config, started = situation.config, time.monotonic()
    chain = configured_chain(model_name=config.model_name)
    request = _request(situation, result, supported, threshold, local=all(p.local for p in chain))
    generation = generate(request=request, chain=chain)
    result.timings["model"] = _milliseconds(started)
    result.calls, result.completion = list(generation.calls), generation.completion
    if generation.completion is None:
        no_support = generation.error is not None and generation.error.code == "no_support"
        result.reason = Reason.NO_SUPPORT if no_support else Reason.PROVIDER_DOWN
        return
    _read_completion(result, generation.completion, supported, strict=is_strict(situation))


def _request(
    situation: Situation,
    result: Composition,
    supported: Sequence[Passage],
    threshold: float,
    *,
    local: bool,
) -> CompletionRequest:
    """The prompt is built only when a model will read it."""
    config, conversation = situation.config, situation.conversation
    system, turns = "", []
    if not local:
        prompts = published_prompts(situation.business.pk)
        texts = PromptTexts(tone=config.tone)
        if prompts is not None:
            result.prompts_version = prompts.version
            texts = PromptTexts(prompts.manual_prompt, prompts.product_service, config.tone)
        system = system_prompt(
            business=situation.business.name,
            texts=texts,
            passages=supported,
            strict=is_strict(situation),
        )
        turns = turns_of(spoken_messages(conversation, upto_seq=conversation.last_customer_seq))
    return CompletionRequest(
        system=system,
        turns=turns,
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        deadline=Deadline.after(settings.ANSWER_DEADLINE_SECONDS),
        passages=supported,
        question=situation.question,
        threshold=threshold,
    )


def _read_completion(
    result: Composition, completion: Completion, supported: Sequence[Passage], *, strict: bool
) -> None:
    if completion.cited:
        result.text = completion.text
        result.cited = [p for p in supported if p.id in completion.cited]
        return
    if declines(completion.text):
        result.reason = Reason.NO_SUPPORT
        return
    result.text, result.cited = read_answer(completion.text, supported)
    if not result.text:
        result.reason = Reason.PROVIDER_DOWN
    elif strict and not result.cited:
        result.cited = list(supported[:1])


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
