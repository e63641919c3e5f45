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
from AI_model.services.models import chain_for, context_of, usable_models
from core.lib.clock import Deadline

SECONDS = 240.0
"""The longest that an answer may take, as long as words come."""
MAX_TOKENS = 4_096
BUILT_IN = "embedded"
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
    name = model_of(chat, message.options.get("model_name", ""))
    chain = chain_of(chat, name)
    window = int(window_of(chat, name, chain) * share)
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


def model_of(chat: AIChat, asked: str = "") -> str:
    """The name asked for, else the chat's, else its user's default, else of the first real model
    that there is; "" when there is only the built-in one."""
    if name := asked or chat.model_name or own_settings(chat).default_model:
        return name
    choices = usable_models(business_id=chat.business_id)
    return next((choice.name for choice in choices if choice.kind != BUILT_IN), "")


def chain_of(chat: AIChat, name: str) -> list[Provider]:
    """An answer from the knowledge is no stand-in for a model's, nor the other way round."""
    chain = chain_for(business_id=chat.business_id, model_name=name)
    return [provider for provider in chain if provider.local == chain[0].local]


def window_of(chat: AIChat, name: str, chain: Sequence[Provider]) -> int:
    """How many tokens the first of the chain reads and writes together, besides its thinking."""
    window = context_of(business_id=chat.business_id, model_name=name)
    return window - (model_facts(chain[0].kind, chain[0].model).head_room if chain else 0)


def _temperature(chat: AIChat, message: AIMessage) -> float | None:
    """The answer's own, else the chat's, else the person's; None = the provider's."""
    asked = message.options.get("temperature")
    chosen = [asked, chat.temperature, own_settings(chat).temperature]
    return next((float(one) for one in chosen if one is not None), None)
