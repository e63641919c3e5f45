"""Answers that a model writes: asked with the chosen passages, checked, once more, or held back for
the business's own words or for people."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from AI_model.metering import Meter
from AI_model.providers.base import Completion, CompletionRequest, Passage, Provider
from AI_model.replies.calling import ask_chain, request_for
from AI_model.replies.composition import Composition, Tried, prompt_texts
from AI_model.replies.defusing import visible
from AI_model.replies.grounding.check import Findings, Problem, check
from AI_model.replies.grounding.citations import cited_numbers, read_sentences, without_marks
from AI_model.replies.grounding.plain_text import plain_text
from AI_model.replies.judging import judge
from AI_model.replies.leaks import leaks_prompt
from AI_model.replies.lengths import cut_passages, recent
from AI_model.replies.own_words import OwnWords, own_words, speaks
from AI_model.replies.policy import Reason
from AI_model.replies.prompt import (
    AGAIN,
    PromptTexts,
    declines,
    for_a_model,
    quotable,
    seal_of,
    system_prompt,
    turns_of,
)
from AI_model.replies.situation import Situation, words_of
from AI_model.replies.words import in_another_language
from AI_model.services.budgets import meter_for
from messaging.adapters.splitting import length_in
from messaging.models import Message
from messaging.types import LengthUnit

MAX_LENGTH = 3 * 4096
"""Of an answer, in UTF-16 units: three of the longest messages that Telegram takes."""
MOST_ATTEMPTS = 2
MAX_ASKED = 6_000
"""Characters of what the customer wrote last that an answer is held against."""
TIME_FOR_ANOTHER = 0.35
"""Part of the whole time that must be left to ask once more."""


@dataclass(frozen=True, slots=True)
class Material:
    """What an answer may rest on. `threshold`: the score from which a passage supports one."""

    passages: Sequence[Passage]
    threshold: float
    strict: bool
    tried: Tried | None = None


@dataclass(frozen=True, slots=True)
class _Asking:
    situation: Situation
    material: Material
    texts: PromptTexts
    request: CompletionRequest
    chain: Sequence[Provider]
    meter: Meter | None


@dataclass(frozen=True, slots=True)
class _Held:
    """An answer that did not pass. `own`: what the business says on the same, `spoken` in the
    customer's language."""

    findings: Findings
    own: OwnWords | None
    spoken: bool


def answer_with_models(
    situation: Situation, result: Composition, material: Material, chain: Sequence[Provider]
) -> None:
    """Fill the result with an answer that passed every check, or with the reason for people."""
    texts, result.prompts_version = prompt_texts(situation, material.tried)
    meter = meter_for(
        business=situation.business,
        config=situation.config,
        conversation_id=situation.conversation.pk,
    )
    request = _request(situation, material, texts)
    asking = _Asking(situation, material, texts, request, chain, meter)
    whole, held = request.deadline.remaining(), None
    for attempt in range(1, MOST_ATTEMPTS + 1):
        found = _attempt(asking, request, result, attempt)
        held = found or held
        if found is None or not _may_try_again(found, request, whole, attempt):
            break
        request = _again(asking.request, found.findings)
    if held is not None and result.reason is Reason.UNSUPPORTED_ANSWER:
        _say_own_words(situation, result, held)


def _may_try_again(held: _Held, request: CompletionRequest, whole: float, attempt: int) -> bool:
    """A promise of something done is not asked away: then it is done, by a hand-over. Where only
    the wording is in doubt, the business's own is at hand and costs nothing."""
    codes = set(held.findings.codes)
    needless = "action_claimed" in codes or (codes == {"reworded"} and held.spoken)
    left = request.deadline.remaining() >= whole * TIME_FOR_ANOTHER
    return attempt < MOST_ATTEMPTS and left and not needless


def _attempt(
    asking: _Asking, request: CompletionRequest, result: Composition, attempt: int
) -> _Held | None:
    """Ask and check once; what was held back, or None when it is over."""
    before = result.reason
    result.reason = None
    completion = ask_chain(result, request, asking.chain, asking.meter)
    if completion is None:
        result.reason = before or result.reason
        return None
    if completion.cited:
        _take_quoted(result, completion, asking.material.passages)
        return None
    return _read_completion(asking, result, completion, attempt)


def _say_own_words(situation: Situation, result: Composition, held: _Held) -> None:
    """What the business says itself, in place of an answer that was held back."""
    if held.own is None or "action_claimed" in held.findings.codes:
        return
    lead = "" if held.spoken else f"{in_another_language(situation.language)}\n\n"
    result.text = lead + held.own.text
    result.cited = list(held.own.passages)
    result.checks["own_words"] = True
    result.reason = None


def _take_quoted(result: Composition, completion: Completion, passages: Sequence[Passage]) -> None:
    """The business's own words, from the local end of the chain."""
    result.text = completion.text
    result.cited = [p for p in passages if p.id in completion.cited]


def _read_completion(
    asking: _Asking, result: Composition, completion: Completion, attempt: int
) -> _Held | None:
    written = plain_text(visible(completion.text))
    text = without_marks(written)
    # Before `declines`: an echoed prompt holds the word for "no answer" too.
    if _is_unsafe(asking, text):
        result.reason = Reason.UNSAFE_ANSWER
        result.checks = {"attempts": attempt, "problems": ["unsafe"]}
    elif declines(completion.text):
        result.reason = Reason.NO_SUPPORT
    elif not text:
        result.reason = Reason.PROVIDER_DOWN
    else:
        return _check(asking, result, written, attempt)
    return None


def _is_unsafe(asking: _Asking, text: str) -> bool:
    situation = asking.situation
    passages = asking.material.passages
    mine = quotable(business=situation.business.name, texts=asking.texts, passages=passages)
    return (
        length_in(text, LengthUnit.UTF16) > MAX_LENGTH
        or seal_of(situation.business.pk) in text
        or leaks_prompt(text, asking.request.system, mine)
    )


def _check(asking: _Asking, result: Composition, written: str, attempt: int) -> _Held | None:
    material, situation = asking.material, asking.situation
    findings = check(
        written,
        material.passages,
        [situation.business.name, *_own_words(asking)],
        _asked(situation),
        situation.language,
        strict=material.strict,
    )
    if not findings.problems and situation.config.check_with_model and material.strict:
        findings = _judged(asking, result, written, findings)
    result.checks = {"attempts": attempt, **findings.as_json()}
    if findings.problems:
        result.reason = Reason.UNSUPPORTED_ANSWER
        own = own_words(written, material.passages)
        spoken = own is not None and speaks(own, situation.language, situation.question)
        return _Held(findings, own, spoken)
    numbers = cited_numbers(written)
    cited = [p for n, p in enumerate(material.passages, start=1) if n in numbers]
    result.text = without_marks(written)
    result.cited = cited or (list(material.passages[:1]) if material.strict else [])
    return None


def _judged(asking: _Asking, result: Composition, written: str, findings: Findings) -> Findings:
    """The findings with what another model refused; without its judgement they stay as they are."""
    passages = [f"{p.title}\n{p.answer or p.text}" for p in asking.material.passages]
    judgement = judge(
        sentences=[sentence.text for sentence in read_sentences(written)],
        passages=[*passages, *filter(str.strip, _own_words(asking))],
        chain=asking.chain,
        meter=asking.meter,
        deadline=asking.request.deadline,
    )
    result.checking += judgement.calls
    result.took("check", judgement.milliseconds)
    problems = [Problem("refused_by_model", words) for words in judgement.refused or []]
    if judgement.refused is None:
        return replace(findings, model="none")
    return replace(findings, problems=problems, model="refused" if problems else "agreed")


def _own_words(asking: _Asking) -> list[str]:
    """What the business says beside its knowledge: its prompts, and its people in this chat."""
    texts, talk = asking.texts, asking.situation.talk
    people = [words_of(message) for message in talk if message.type == Message.Type.SUPPORT]
    return [texts.manual_prompt, texts.product_service, *people]


def _asked(situation: Situation) -> str:
    """All that the customer wrote of late: an order's number may stand further up."""
    said = [m for m in situation.talk if m.type == Message.Type.CUSTOMER]
    return "\n".join([*map(words_of, said), situation.question])[-MAX_ASKED:]


def _request(situation: Situation, material: Material, texts: PromptTexts) -> CompletionRequest:
    """With what only a model reads: the owner's words, the rules, and the talk so far."""
    request = request_for(situation, situation.question, material.passages, material.threshold)
    system = system_prompt(
        business=situation.business.name,
        texts=texts,
        passages=cut_passages(material.passages),
        strict=material.strict,
        seal=seal_of(situation.business.pk),
    )
    turns = for_a_model(recent(turns_of(situation.talk)))
    return replace(request, system=system, turns=turns)


def _again(request: CompletionRequest, findings: Findings) -> CompletionRequest:
    said = "; ".join(dict.fromkeys(f"{p.code}: {p.words[:120]}" for p in findings.problems[:5]))
    return replace(request, system=f"{request.system}\n\n{AGAIN.format(problems=said)}")
