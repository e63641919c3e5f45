"""Every sentence that the AI says on its own, without a model."""

from datetime import datetime

from AI_model.models import AIModelConfig
from AI_model.replies.policy import Reason

HANDOVER = "Thank you. A colleague takes over from here and will answer you in this chat."
OUT_OF_HOURS = "Thank you. We are closed right now; a colleague will answer you in this chat{when}."
GREETING = "Hello, you are talking to the assistant of {business}. How can I help?"
THANKS = "You are welcome. Is there anything else I can help with?"
NO_WORDS = {
    "photo": "Thank you for the photo. I can't look at pictures, so please tell me in words what it is about.",
    "voice": "Thank you. I can't listen to voice notes, so please write your question.",
    "audio": "Thank you. I can't listen to audio, so please write your question.",
    "video": "Thank you. I can't watch videos, so please tell me in words what it is about.",
    "document": "Thank you for the document. I can't open files, so please tell me in words what you need.",
    "location": "Thank you for the location. What would you like to know?",
    "contact": "Thank you for the contact. What would you like us to do with it?",
    "sticker": "I can only read words. How can I help?",
}
NO_WORDS_AT_ALL = "I can only read words. Please write your question."
ASK_FOR_PERSON = " If you would rather talk to a person, just say so."

NOTES = {
    Reason.ASKED_FOR_PERSON: "Handed over: asks for a person",
    Reason.AI_OFF: "Handed over: the AI is not available",
    Reason.OUT_OF_HOURS: "Handed over: outside business hours",
    Reason.TURN_CAP: "Handed over: many turns without a person",
    Reason.CRASHED: "Handed over: answering failed several times",
    Reason.NO_SUPPORT: "Handed over: nothing in the knowledge answers this",
    Reason.PROVIDER_DOWN: "Handed over: no AI provider could answer",
    Reason.UNSAFE_ANSWER: "Handed over: the answer was held back",
}


def handover_text(
    config: AIModelConfig, *, is_open: bool, opens_at: datetime | None, now: datetime
) -> str:
    """What the customer reads when people take over, fitting the hour."""
    if is_open:
        return config.handover_text.strip() or HANDOVER
    if config.out_of_hours_text.strip():
        return config.out_of_hours_text.strip()
    return OUT_OF_HOURS.format(when=_when(opens_at, now=now))


def _when(opens_at: datetime | None, *, now: datetime) -> str:
    """“ today from 10:00”, in the zone of `opens_at`; empty when nobody knows."""
    if opens_at is None:
        return ""
    days = (opens_at.date() - now.astimezone(opens_at.tzinfo).date()).days
    day = {0: "today", 1: "tomorrow"}.get(
        days, f"on {opens_at:%A}" if days < 7 else f"on {opens_at:%B %-d}"
    )
    return f" {day} from {opens_at:%H:%M}"


def ask_for_words(content: str) -> str:
    return NO_WORDS.get(content, NO_WORDS_AT_ALL) + ASK_FOR_PERSON
