"""Writing an answer: find passages, ask the chain of providers, check what came back."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from AI_model.generation import CallRecord, generate
from AI_model.metering import Meter
from AI_model.models import AIModelConfig
from AI_model.providers.base import Completion, CompletionRequest, Passage, Provider, Turn
from AI_model.providers.registry import configured_chain
from AI_model.replies.findings import Finding, Findings, find
from AI_model.replies.leaks import leaks_prompt
from AI_model.replies.lengths import cut_passages, cut_words, recent
from AI_model.replies.phrases import is_greeting, is_thanks
from AI_model.replies.policy import Reason
from AI_model.replies.prompt import (
    PromptTexts,
    declines,
    quotable,
    read_answer,
    system_prompt,
    turns_of,
)
from AI_model.replies.situation import Situation, words_of
from AI_model.replies.words import greeting, thanks
from AI_model.retrieval.search import threshold_for
from AI_model.services.budgets import meter_for, too_many_answers
from core.lib.clock import Deadline
from core.lib.hands import waiting
from messaging.adapters.splitting import length_in
from messaging.types import LengthUnit

MAX_LENGTH = 3 * 4096
"""Of an answer, in UTF-16 units: three of the longest messages that Telegram takes."""
REASONS = {"no_support": Reason.NO_SUPPORT, "over_budget": Reason.OVER_BUDGET}


@dataclass(slots=True)
class Composition:
    """An answer, or the reason why there is none; and what it took."""

    text: str = ""
    reason: Reason | None = None
    cited: list[Passage] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    reading: list[CallRecord] = field(default_factory=list)
    completion: Completion | None = None
    prompts_version: int | None = None
    timings: dict[str, int] = field(default_factory=dict)

    @property
    def citations(self) -> list[dict[str, Any]]:
        return [
            {"entry_id": p.id, "title": p.title, "score": round(p.score, 3)} for p in self.cited
        ]


def compose(situation: Situation, *, asked_by_person: bool = False) -> Composition:
    """Answer the unanswered words of a conversation. Touches the network; writes nothing but what
    budgets count. What a person asked for is not counted for the customer's limit of an hour.
    """
    asked = cut_words(situation.question)
    if is_greeting(asked):
        name = situation.business.name
        return Composition(text=greeting(name, language=situation.language))
    if is_thanks(asked):
        return Composition(text=thanks(situation.language))
    result, started = Composition(), time.monotonic()
    findings = _find(situation)
    result.timings["retrieval"] = _milliseconds(started)
    result.passages = findings.passages
    threshold = threshold_for(situation.config.caution)
    supported = [passage for passage in result.passages if passage.score >= threshold]
    if is_strict(situation, result.passages) and not supported:
        result.reason = Reason.NO_SUPPORT
        return result
    chain = configured_chain(model_name=situation.config.model_name)
    if all(provider.local for provider in chain):
        _answer_locally(situation, result, findings, chain, threshold)
    elif not asked_by_person and _is_too_much(situation):
        result.reason = Reason.TOO_MANY
    else:
        _ask_models(situation, result, supported, chain, threshold)
    return result


def _is_too_much(situation: Situation) -> bool:
    business_id, customer_id = situation.business.pk, situation.conversation.customer_id
    return too_many_answers(
        business_id=business_id, customer_id=customer_id, config=situation.config
    )


def _find(situation: Situation) -> Findings:
    if situation.business.knowledge_version == 0:
        return Findings(Finding(cut_words(situation.question), []), [])
    asked = recent([Turn("user", words_of(message)) for message in situation.unanswered])
    return find(business_id=situation.business.pk, texts=[turn.text for turn in asked])


def is_strict(situation: Situation, passages: Sequence[Passage]) -> bool:
    """Grounding as set; unset means strict as soon as the business has knowledge to search in."""
    if situation.config.grounding:
        return situation.config.grounding == AIModelConfig.Grounding.STRICT
    return bool(passages)


def _answer_locally(
    situation: Situation,
    result: Composition,
    findings: Findings,
    chain: Sequence[Provider],
    threshold: float,
) -> None:
    """Without a model each question of a burst has its own answer, said one after the other."""
    each = findings.each if findings.all_supported(threshold) else [findings.whole]
    texts: list[str] = []
    for finding in each:
        request = _request(situation, finding.question, finding.supported(threshold), threshold)
        completion = _generate(result, request, chain)
        if completion is None:
            return
        texts.append(completion.text)
        result.cited += [p for p in request.passages if p.id in completion.cited]
    result.text = "\n\n".join(dict.fromkeys(texts))
    result.cited = list({passage.id: passage for passage in result.cited}.values())


def _ask_models(
    situation: Situation,
    result: Composition,
    supported: Sequence[Passage],
    chain: Sequence[Provider],
    threshold: float,
) -> None:
    strict = is_strict(situation, result.passages)
    texts = _prompt_texts(situation, result)
    request = _request(situation, situation.question, supported, threshold)
    request = _with_prompt(request, situation, texts, strict=strict)
    meter = meter_for(
        business=situation.business,
        config=situation.config,
        conversation_id=situation.conversation.pk,
    )
    completion = _generate(result, request, chain, meter)
    if completion is not None:
        mine = quotable(business=situation.business.name, texts=texts, passages=supported)
        _read_completion(result, completion, request, mine, strict=strict)


def _generate(
    result: Composition,
    request: CompletionRequest,
    chain: Sequence[Provider],
    meter: Meter | None = None,
) -> Completion | None:
    """Ask the chain; without an answer the result gets its reason."""
    started = time.monotonic()
    with waiting():
        generation = generate(request=request, chain=chain, meter=meter)
    result.timings["model"] = result.timings.get("model", 0) + _milliseconds(started)
    result.calls += generation.calls
    result.completion = generation.completion or result.completion
    if generation.completion is None:
        code = generation.error.code if generation.error else ""
        result.reason = REASONS.get(code, Reason.PROVIDER_DOWN)
    return generation.completion


def _request(
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


def _prompt_texts(situation: Situation, result: Composition) -> PromptTexts:
    prompts = getattr(situation.business, "prompts", None)
    tone, languages = situation.config.tone, tuple(situation.config.languages)
    if prompts is None:
        return PromptTexts(tone=tone, languages=languages)
    result.prompts_version = prompts.version
    return PromptTexts(prompts.manual_prompt, prompts.product_service, tone, languages)


def _with_prompt(
    request: CompletionRequest, situation: Situation, texts: PromptTexts, *, strict: bool
) -> CompletionRequest:
    """Add what only a model reads: the owner's words, the rules, and the talk so far."""
    passages = cut_passages(request.passages)
    system = system_prompt(
        business=situation.business.name, texts=texts, passages=passages, strict=strict
    )
    return replace(request, system=system, turns=recent(turns_of(situation.talk)))


def _read_completion(
    result: Composition,
    completion: Completion,
    request: CompletionRequest,
    mine: Sequence[str],
    *,
    strict: bool,
) -> None:
    supported = request.passages
    if completion.cited:
        result.text = completion.text
        result.cited = [p for p in supported if p.id in completion.cited]
        return
    text, cited = read_answer(completion.text, supported)
    # Before `declines`: an echoed prompt holds the word for "no answer" too.
    if length_in(text, LengthUnit.UTF16) > MAX_LENGTH or leaks_prompt(text, request.system, mine):
        result.reason = Reason.UNSAFE_ANSWER
    elif declines(completion.text):
        result.reason = Reason.NO_SUPPORT
    elif not text:
        result.reason = Reason.PROVIDER_DOWN
    else:
        result.text = text
        result.cited = cited or (list(supported[:1]) if strict else [])


def _milliseconds(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
