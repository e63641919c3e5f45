"""Words and signs of the inbox."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from messaging.inbox.pieces import WORDS, Piece, grouped_reactions, piece_of, web_address
from messaging.inbox.selectors import list_mark
from messaging.models import Conversation, Message

register = template.Library()

LONG_WAIT = timedelta(minutes=5)
HANDOVER_WORDS = {
    "asked_for_person": "the customer asks for a person",
    "ai_off": "the AI can't answer now",
    "out_of_hours": "it came outside your hours",
    "turn_cap": "the AI has answered as often as you allow",
    "crashed": "the AI could not finish its answer",
    "no_support": "nothing in your knowledge answers this",
    "provider_down": "no AI model could be reached",
    "unsafe_answer": "the AI's answer was not safe to send",
    "over_budget": "the AI budget is used up",
    "too_many": "it asked more in an hour than you allow",
}
# Failures that are the system keeping its word, not something to mend.
WITHHELD = {"taken_over", "closed", "handed_over"}

register.filter("list_mark", list_mark)
register.filter("web_address", web_address)
register.filter("grouped_reactions", grouped_reactions)


@register.filter
def initials(user: User) -> str:
    words = user.display_name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def handover_words(code: str) -> str:
    return HANDOVER_WORDS.get(code) or code.replace("_", " ")


@register.filter
def content_words(kind: str) -> str:
    return WORDS.get(kind, "File")


@register.filter
def pieces(attachments: Sequence[Mapping[str, Any]]) -> list[Piece]:
    return [piece_of(shown) for shown in attachments]


@register.filter
def are_many(pieces: Sequence[Piece]) -> bool:
    """Whether there are several pictures, which then share a grid."""
    return sum(piece.look in {"picture", "film"} for piece in pieces) > 1


@register.filter
def withheld(failure: Mapping[str, Any] | None) -> bool:
    return bool(failure) and (failure or {}).get("code") in WITHHELD


@register.filter
def waits_long(conversation: Conversation) -> bool:
    """Whether a customer has waited long for a person who has not answered since."""
    since = conversation.first_unanswered_at
    people = conversation.status == Conversation.Status.SUPPORT_ACTIVE
    if since is None or not people or conversation.last_type == Message.Type.SUPPORT:
        return False
    return timezone.now() - since >= LONG_WAIT


@register.filter
def linked(text: str) -> SafeString:
    """Escaped text whose addresses can be followed, in a window of their own."""
    escaped = urlize(text, nofollow=True, autoescape=True)
    return mark_safe(escaped.replace("<a ", '<a target="_blank" '))  # noqa: S308  urlize escapes
