"""Every sentence that the AI says on its own, without a model, in the customer's language."""

from datetime import datetime

from AI_model.models import AIModelConfig
from AI_model.replies.languages import Sentences, base_of, sentences
from AI_model.replies.phrases import SmallTalk

NOTES = {
    "asked_for_person": "Handed over: asks for a person",
    "ai_off": "Handed over: the AI is not available",
    "out_of_hours": "Handed over: outside business hours",
    "turn_cap": "Handed over: many turns without a person",
    "crashed": "Handed over: answering failed several times",
    "no_support": "Handed over: nothing in the knowledge answers this",
    "provider_down": "Handed over: no AI provider could answer",
    "unsafe_answer": "Handed over: the answer was held back",
    "unsupported_answer": "Handed over: the knowledge does not support what the AI wrote",
    "over_budget": "Handed over: the budget for AI answers is used up",
    "too_many": "Handed over: too many questions in an hour",
    "angry": "Handed over: the customer is upset",
}


def note_of(reason: str) -> str:
    """For the people who take over; they read English."""
    return NOTES.get(reason) or f"Handed over: {reason.replace('_', ' ')}"


def greeting(business: str, *, language: str = "") -> str:
    return sentences(language).greeting.format(business=business)


def thanks(language: str = "") -> str:
    return sentences(language).thanks


def small_talk_text(kind: SmallTalk, business: str, language: str = "") -> str:
    """The answer to small talk; a friendly picture gets what “ok” gets."""
    said = sentences(language)
    if kind is SmallTalk.GREETING:
        return greeting(business, language=language)
    if kind is SmallTalk.THANKS:
        return said.thanks
    name = SmallTalk.OK if kind is SmallTalk.EMOJI else kind
    return said.small_talk[name].format(business=business)


def did_you_mean(language: str = "") -> tuple[str, str]:
    """What stands above an offer's buttons, and on the last of them."""
    said = sentences(language)
    return said.did_you_mean, said.none_of_these


def in_another_language(language: str = "") -> str:
    """Stands above the business's own words where they are in another language."""
    return sentences(language).in_another_language


def ask_for_words(content: str, *, language: str = "") -> str:
    """To somebody who sent a file that nobody here can read."""
    said = sentences(language)
    return f"{said.no_words.get(content, said.no_words['other'])} {said.ask_for_person}"


def handover_text(
    config: AIModelConfig,
    *,
    is_open: bool,
    opens_at: datetime | None,
    now: datetime,
    language: str = "",
) -> str:
    """What the customer reads when people take over, fitting the hour.

    The business's own text for this language, else its own for all, else the product's.
    """
    name = "handover_text" if is_open else "out_of_hours_text"
    own = own_text(config, name, language)
    if own:
        return own
    said = sentences(language)
    return said.handover if is_open else said.out_of_hours.format(when=_when(said, opens_at, now))


def own_text(config: AIModelConfig, name: str, language: str) -> str:
    """What the business wrote for this language, else for every language; "" = nothing."""
    own = config.texts.get(base_of(language)) or {}
    return str(own.get(name) or getattr(config, name)).strip()


def _when(said: Sentences, opens_at: datetime | None, now: datetime) -> str:
    """“ today from 10:00”, in the zone of `opens_at`; empty when nobody knows."""
    if opens_at is None:
        return ""
    days = (opens_at.date() - now.astimezone(opens_at.tzinfo).date()).days
    named = {0: said.today, 1: said.tomorrow}
    day = named.get(days) or (
        said.weekdays[opens_at.weekday()]
        if days < 7
        else said.date.format(day=opens_at.day, month=said.months[opens_at.month - 1])
    )
    return f" {said.opens.format(day=day, time=f'{opens_at:%H:%M}')}"
