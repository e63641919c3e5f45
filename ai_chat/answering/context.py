"""What the model is given: system prompt, the path as far as it fits, and what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ai_chat.answering.prompts import system_prompt
from ai_chat.answering.related import Related, related_for
from ai_chat.answering.talk import newest_words, path_above, turn_of
from ai_chat.answering.tokens import TOKENS_PER_TURN, estimate, estimate_turn, newest_that_fit
from ai_chat.models import AIChat, AIMessage
from AI_model.providers.base import Turn

RELATED_SHARE = 0.5
"""Of the room, at most, for the customer conversation: the chat itself comes before it."""
SPARE_TOKENS = 256
SUMMARY = "What was said in this chat before the part that follows, summed up:\n{summary}"
UNDERSTOOD = "Understood."


@dataclass(frozen=True, slots=True)
class Context:
    """`record` is kept on the answer: {turns, left_out, tokens, summary, related}, `related_id`
    of the conversation that was given, and `related_missing` when one was wanted and can't be read
    now."""

    system: str
    turns: Sequence[Turn]
    question: str
    record: dict[str, Any] = field(default_factory=dict)


def read_context(*, chat: AIChat, message: AIMessage, room: int) -> Context:
    """`room`: tokens that the model can read besides what it writes."""
    asked = message.parent.content if chat.persona_id and message.parent else ""
    system = system_prompt(chat, asked=asked)
    room -= estimate(system) + SPARE_TOKENS
    related = related_for(chat=chat, options=message.options, room=int(room * RELATED_SHARE))
    room -= sum(map(estimate_turn, related.turns))
    path = path_above(message)
    said = [turn for one in newest_words(path, room=room) if (turn := turn_of(one)).text.strip()]
    return _fitted(chat, system, related, said, path, room)


def _fitted(
    chat: AIChat, system: str, related: Related, said: list[Turn], path: list[str], room: int
) -> Context:
    kept = newest_that_fit(said, room=room)
    left_out = len(path) - len(kept)
    summary: list[Turn] = []
    if left_out and (summary := summary_turns(chat, path)):
        kept = newest_that_fit(said, room=room - sum(map(estimate_turn, summary)))
        left_out = len(path) - len(kept)
    turns = [*related.turns, *summary, *kept]
    record: dict[str, Any] = {
        "turns": len(kept),
        "left_out": left_out,
        "tokens": estimate(system) + TOKENS_PER_TURN + sum(map(estimate_turn, turns)),
        "summary": bool(summary),
        "related": related.messages,
    }
    if related.messages:
        record["related_id"] = related.conversation_id
    if related.missing:
        record["related_missing"] = True
    question = kept[-1].text if kept and kept[-1].role == "user" else ""
    return Context(system, turns, question, record)


def summary_turns(chat: AIChat, path: Sequence[str]) -> list[Turn]:
    """The running summary, where it is wanted and is about this path."""
    if not chat.keep_summary or not chat.summary or chat.summary_upto_id not in path:
        return []
    return [Turn("user", SUMMARY.format(summary=chat.summary)), Turn("assistant", UNDERSTOOD)]
