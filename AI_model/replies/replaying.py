"""A past question once more: the conversation as it stood then, composed with another knowledge.

Nothing is sent and nothing written; only what a budget counts of the calls is.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from AI_model.budgets import AT_LIMIT, AtLimit
from AI_model.generation import CallRecord
from AI_model.models import AIModelConfig, AIRun
from AI_model.providers.embedded import EmbeddedProvider
from AI_model.replies.comparing import Said
from AI_model.replies.compose import Composition, Tried, compose
from AI_model.replies.offers import note_choice
from AI_model.replies.phrases import asks_for_person
from AI_model.replies.policy import Act, Facts, decide
from AI_model.replies.prompt import PromptTexts
from AI_model.replies.situation import (
    Situation,
    conversation_with_settings,
    with_anger,
    with_offers,
    words_of,
)
from AI_model.replies.words import ask_for_words, greeting
from messaging.models import Conversation, Message, StatusChange
from messaging.offers import NONE, options_in
from messaging.selectors import spoken_rows
from settings_app.models import AIPrompts

if TYPE_CHECKING:
    from AI_model.retrieval.index import Index

OF_CONVERSATION = "conversation_"
"""How the budgets begin that a conversation's own answers are for."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What would be said, and the calls to models that it took."""

    said: Said
    calls: list[CallRecord]


def tried_state(
    index: "Index", prompts: AIPrompts | None, *, today: date, version: int | None = None
) -> Tried:
    """An index and the prompts to compose with; those of a draft have no version yet."""
    words = (prompts.manual_prompt, prompts.product_service) if prompts else ()
    return Tried(index, PromptTexts(*words), version, today=today)


def replay_run(run: AIRun, tried: Tried) -> Replayed | None:
    """Answer its words as if written now; None when they are gone. Touches the network."""
    situation = situation_of(run)
    if situation is None:
        return None
    composition = _compose(situation, tried)
    return Replayed(_said_now(composition), [*composition.calls, *composition.checking])


def _compose(situation: Situation, tried: Tried) -> Composition:
    decision = decide(situation.facts)
    match decision.act:
        case Act.HAND_OVER:
            return Composition(reason=decision.reason)
        case Act.GREET:
            name, language = situation.business.name, situation.language
            return Composition(text=greeting(name, language=language))
        case Act.ASK_FOR_WORDS:
            return Composition(
                text=ask_for_words(situation.last_content, language=situation.language)
            )
        case _:
            return compose(situation, asked_by_person=True, tried=tried)


def situation_of(run: AIRun) -> Situation | None:
    """The conversation up to the words that the run was about, with today's settings."""
    conversation = conversation_with_settings.first(conversation_id=run.conversation_id)
    if conversation is None:
        return None
    rows = spoken_rows(
        conversation_id=conversation.pk,
        from_seq=_context_then(conversation, run),
        upto_seq=run.upto_seq,
    )
    talk = rows[::-1]
    asked = [message for message in talk if is_asked_in(message, run)]
    if not asked:
        return None
    note_choice(talk, asked)
    business = conversation.channel.business
    config = _for_replay(getattr(business, "ai_config", None) or AIModelConfig(business=business))
    facts = with_anger(with_offers(_facts(config, asked), talk, asked), talk, asked)
    return Situation(conversation, business, config, talk, asked, facts)


def is_asked_in(message: Message, run: AIRun) -> bool:
    """Whether the message is one of those that the run was about."""
    within = run.from_seq <= message.seq <= run.upto_seq
    return message.type == Message.Type.CUSTOMER and within


def _context_then(conversation: Conversation, run: AIRun) -> int:
    """From where the thread was read then; a later reopening has moved it since."""
    if conversation.context_from_seq <= run.upto_seq:
        return conversation.context_from_seq
    reopened = StatusChange.objects.filter(
        conversation=conversation, before=Conversation.Status.CLOSED, seq__lte=run.upto_seq
    )
    latest = reopened.order_by("-seq").values_list("seq", flat=True).first() or 0
    return min(latest, run.from_seq)


def _for_replay(config: AIModelConfig) -> AIModelConfig:
    """Not to be saved. A conversation's own budget is for its customer, and at the limit of the
    business's a replay stops instead of going on with another model.
    """
    own = {name: v for name, v in config.budgets.items() if not name.startswith(OF_CONVERSATION)}
    config.budgets = {**own, AT_LIMIT: AtLimit.PERSON.value}
    return config


def _facts(config: AIModelConfig, asked: list[Message]) -> Facts:
    """What is told by the words alone: open, switched on, and neither early nor late."""
    now, texts = timezone.now(), [words_of(message) for message in asked]
    return Facts(
        now=now,
        status=Conversation.Status.ACTIVE,
        epoch=0,
        epoch_seen=0,
        unanswered=True,
        last_customer_at=now,
        first_unanswered_at=now,
        quiet_period=timedelta(0),
        ai_enabled=True,
        ai_usable=True,
        is_open=True,
        business_hours_only=False,
        draft_mode=False,
        turns=0,
        max_turns=config.max_turns,
        attempts=0,
        asks_for_person=any(map(asks_for_person, texts)),
        has_words=any(texts),
        is_start=asked[-1].content == "start",
    )


def _said_now(composition: Composition) -> Said:
    score = max((passage.score for passage in composition.passages), default=None)
    if composition.reason is not None:
        return Said("handed_over", reason=composition.reason.value, score=_rounded(score))
    if composition.options:
        return _offer(composition.options, score)
    entries = [passage.id for passage in composition.cited]
    provider = composition.completion.provider if composition.completion else ""
    return _answer(composition.text, entries, score, provider)


def said_then(run: AIRun) -> Said:
    """What came of the run, as its rows tell; the words of a draft are kept for a while only."""
    score = max((float(passage["score"]) for passage in run.passages), default=None)
    if run.outcome == AIRun.Outcome.HANDED_OVER:
        return Said("handed_over", reason=run.reason, score=_rounded(score))
    if run.outcome == AIRun.Outcome.DRAFTED:
        return _drafted(run, score)
    if run.message is None:
        return Said("answered", score=_rounded(score))
    if options := options_in(run.message.details):
        return _offer(options, score)
    entries = [str(citation["entry_id"]) for citation in run.message.citations]
    return _answer(run.message.text, entries, score, run.provider)


def _drafted(run: AIRun, score: float | None) -> Said:
    if "retrieval" in run.timings and not run.provider:
        return Said("handed_over", reason=run.reason, score=_rounded(score))
    suggestion = run.conversation.suggestion or {}
    if suggestion.get("upto_seq") == run.upto_seq:
        entries = [str(citation["entry_id"]) for citation in suggestion["citations"]]
        return _answer(str(suggestion["text"]), entries, score, run.provider)
    return Said("answered", entries=[str(p["id"]) for p in run.passages[:1]], score=_rounded(score))


def _answer(text: str, entries: list[str], score: float | None, provider: str) -> Said:
    written = provider not in {"", EmbeddedProvider.kind}
    return Said("answered", text, entries=entries, score=_rounded(score), written=written)


def _offer(options: list[dict[str, str]], score: float | None) -> Said:
    chosen = [option for option in options if option["id"] != NONE]
    text = "\n".join(option["title"] for option in chosen)
    entries = [option["id"] for option in chosen]
    return Said("offered", text, entries=entries, score=_rounded(score))


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 3)
