"""From an empty answer to what its models are asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ai_chat.answering.context import read_context
from ai_chat.answering.local import with_knowledge
from ai_chat.answering.prompts import own_settings
from ai_chat.models import AIChat, AIMessage
from AI_model.catalog import model_facts
from AI_model.providers.base import CompletionRequest, Patience, Provider
from AI_model.providers.registry import configured_chain
from core.lib.clock import Deadline

SECONDS = 240.0
"""The longest that an answer may take, as long as words come."""
MAX_TOKENS = 4_096
UNKNOWN_CONTEXT = 8_192
FULL_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Question:
    """What goes to the chain; `record` stays on the answer. `is_full`: some is cut, or nearly."""

    request: CompletionRequest
    chain: Sequence[Provider]
    record: dict[str, Any]
    is_full: bool


def question_for(
    *, chat: AIChat, message: AIMessage, wanted: Callable[[], bool], share: float = 1.0
) -> Question:
    """`share`: how much of the model's window to fill, after it found the whole of it too long."""
    chain = chain_for_chat(chat, model_name=message.options.get("model_name", ""))
    window = int(window_of(chain) * share)
    max_tokens = min(MAX_TOKENS, window // 4)
    room = window - max_tokens
    context = read_context(chat=chat, message=message, room=room)
    request = CompletionRequest(
        system=context.system,
        turns=context.turns,
        max_tokens=max_tokens,
        temperature=_temperature(chat, message),
        deadline=Deadline.after(SECONDS),
        question=context.question,
        patience=Patience(wanted=wanted),
    )
    if chain and chain[0].local:
        request = with_knowledge(request, chat.business)
    is_full = bool(context.record["left_out"]) or context.record["tokens"] > room * FULL_SHARE
    return Question(request, chain, context.record, is_full)


def chain_for_chat(chat: AIChat, *, model_name: str = "") -> list[Provider]:
    """By the name given, else the chat's, else its user's default, else the business's order."""
    name = model_name or chat.model_name or own_settings(chat).default_model
    return choose_chain(configured_chain(model_name=name))


def choose_chain(chain: Sequence[Provider]) -> list[Provider]:
    """An answer from the knowledge is no stand-in for a model's, nor the other way round."""
    first = next(iter(chain), None)
    return [provider for provider in chain if first and provider.local == first.local]


def window_of(chain: Sequence[Provider]) -> int:
    """How many tokens the first one reads and writes together."""
    if not chain:
        return UNKNOWN_CONTEXT
    facts = model_facts(chain[0].kind, chain[0].model)
    return (facts.context or UNKNOWN_CONTEXT) - facts.head_room


def _temperature(chat: AIChat, message: AIMessage) -> float | None:
    """The answer's own, else the chat's, else the person's; None = the provider's."""
    asked = message.options.get("temperature")
    chosen = [asked, chat.temperature, own_settings(chat).temperature]
    return next((float(one) for one in chosen if one is not None), None)
