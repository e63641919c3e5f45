"""Writing an answer: find passages, choose what to do, ask the chain, check what came back."""

import time
from collections.abc import Sequence

from AI_model.models import AIModelConfig
from AI_model.providers.base import Passage, Turn
from AI_model.replies.composition import Composition, Tried
from AI_model.replies.findings import Finding, Findings, find
from AI_model.replies.lengths import cut_words, recent
from AI_model.replies.local import answer_locally
from AI_model.replies.modelled import MAX_LENGTH, Material, answer_with_models
from AI_model.replies.offers import chosen_passages, make_offer
from AI_model.replies.outcomes import Choice, choose, is_terse, thresholds_of
from AI_model.replies.phrases import small_talk
from AI_model.replies.policy import Reason
from AI_model.replies.situation import Situation, parts_of
from AI_model.replies.words import small_talk_text
from AI_model.retrieval.search import IndexNotReady
from AI_model.services.budgets import too_many_answers
from AI_model.services.models import chain_for

__all__ = ["MAX_LENGTH", "Composition", "Tried", "compose"]


def compose(
    situation: Situation, *, asked_by_person: bool = False, tried: Tried | None = None
) -> Composition:
    """Answer the unanswered words of a conversation. Touches the network; writes nothing but what
    budgets count. What a person asked for is not counted for the customer's limit of an hour, and
    `tried` answers from another state than the published one.
    """
    result = Composition()
    if text := _small_talk(situation):
        result.text = text
        return result
    started = time.monotonic()
    try:
        findings = _find(situation, tried)
    except IndexNotReady:
        result.reason = Reason.NO_SUPPORT
        return result
    result.took("retrieval", round((time.monotonic() - started) * 1000))
    result.passages = findings.passages
    chain = chain_for(business_id=situation.business.pk, model_name=situation.config.model_name)
    local = all(provider.local for provider in chain)
    choice = _choose(situation, result.passages, ties_offered=local and not findings.each)
    strict = is_strict(situation, result.passages)
    if choice.kind == "offer" and (strict or local):
        result.text, result.options = make_offer(choice.passages, language=situation.language)
    elif choice.kind != "answer" and strict:
        result.reason = Reason.NO_SUPPORT
    elif local:
        answer_locally(situation, result, findings, chain, _needed(situation))
    elif not asked_by_person and _is_too_much(situation):
        result.reason = Reason.TOO_MANY
    else:
        passages = choice.passages if choice.kind == "answer" else ()
        material = Material(passages, _needed(situation), strict=strict, tried=tried)
        answer_with_models(situation, result, material, chain)
    return result


def _small_talk(situation: Situation) -> str:
    kind = small_talk(cut_words(situation.question))
    name, language = situation.business.name, situation.language
    return small_talk_text(kind, name, language) if kind is not None else ""


def _choose(situation: Situation, passages: Sequence[Passage], *, ties_offered: bool) -> Choice:
    config, facts = situation.config, situation.facts
    return choose(
        passages=passages,
        thresholds=thresholds_of(config),
        offers_allowed=config.offer_choices,
        just_offered=facts.just_offered,
        angry=facts.angry,
        ties_offered=ties_offered,
        terse=is_terse(cut_words(situation.question)),
    )


def _needed(situation: Situation) -> float:
    """The score from which a passage supports an answer."""
    return thresholds_of(situation.config).needed(angry=situation.facts.angry)


def _is_too_much(situation: Situation) -> bool:
    business_id, customer_id = situation.business.pk, situation.conversation.customer_id
    return too_many_answers(
        business_id=business_id, customer_id=customer_id, config=situation.config
    )


def _find(situation: Situation, tried: Tried | None) -> Findings:
    if tried is None and situation.business.knowledge_version == 0:
        return Findings(Finding(cut_words(situation.question), []), [])
    if (chosen := situation.chosen) is not None:
        picked = chosen_passages(business_id=situation.business.pk, chosen=chosen, tried=tried)
        return Findings(Finding(chosen.title, picked), [])
    parts = [part for message in situation.unanswered for part in parts_of(message)]
    asked = recent([Turn("user", part) for part in parts])
    business = situation.business
    return find(
        business_id=business.pk,
        texts=[turn.text for turn in asked],
        version=business.knowledge_version,
        earlier=situation.earlier,
        index=tried.index if tried is not None else None,
        today=tried.today if tried is not None else None,
    )


def is_strict(situation: Situation, passages: Sequence[Passage]) -> bool:
    """Grounding as set; unset means strict as soon as the business has knowledge to search in."""
    if situation.config.grounding:
        return situation.config.grounding == AIModelConfig.Grounding.STRICT
    return bool(passages)
