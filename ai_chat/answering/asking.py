"""From an empty answer to what its models are asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ai_chat.answering.context import read_context
from ai_chat.answering.local import with_knowledge
from ai_chat.models import AIChat, AIMessage, UserSettings
from AI_model.catalog import model_facts
from AI_model.providers.base import CompletionRequest, Patience, Provider
from AI_model.providers.registry import configured_chain
from core.lib.clock import Deadline

SECONDS = 240.0
"""The longest that an answer may take, as long as words come."""
MAX_TOKENS = 4_096
UNKNOWN_CONTEXT = 8_192


@dataclass(frozen=True, slots=True)
class Question:
    """What goes to the chain, and `record`: what of it is kept on the answer."""

    request: CompletionRequest
    chain: Sequence[Provider]
    record: dict[str, Any]


def question_for(chat: AIChat, message: AIMessage, wanted: Callable[[], bool]) -> Question:
    own = UserSettings.objects.filter(user_id=chat.user_id).first()
    default = own.default_model if own else ""
    name = message.options.get("model_name") or chat.model_name or default
    chain = choose_chain(configured_chain(model_name=name))
    window = _window(chain)
    max_tokens = min(MAX_TOKENS, window // 4)
    context = read_context(chat=chat, message=message, room=window - max_tokens)
    request = CompletionRequest(
        system=context.system,
        turns=context.turns,
        max_tokens=max_tokens,
        temperature=_temperature(chat, message, own),
        deadline=Deadline.after(SECONDS),
        question=context.question,
        patience=Patience(wanted=wanted),
    )
    if chain and chain[0].local:
        request = with_knowledge(request, chat.business)
    return Question(request, chain, context.record)


def choose_chain(chain: Sequence[Provider]) -> list[Provider]:
    """An answer from the knowledge is no stand-in for a model's, nor the other way round."""
    first = next(iter(chain), None)
    return [provider for provider in chain if first and provider.local == first.local]


def _window(chain: Sequence[Provider]) -> int:
    """How many tokens the first one reads and writes together."""
    if not chain:
        return UNKNOWN_CONTEXT
    facts = model_facts(chain[0].kind, chain[0].model)
    return (facts.context or UNKNOWN_CONTEXT) - facts.head_room


def _temperature(chat: AIChat, message: AIMessage, own: UserSettings | None) -> float | None:
    """The answer's own, else the chat's, else the person's; None = the provider's."""
    asked = message.options.get("temperature")
    chosen = [asked, chat.temperature, own.temperature if own else None]
    return next((float(one) for one in chosen if one is not None), None)
