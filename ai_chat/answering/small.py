"""Small questions of our own about a chat: a title, a summary. Whole answers, nobody watches."""

from collections.abc import Sequence

from ai_chat.answering.asking import chain_of, model_of, window_of
from ai_chat.models import AIChat
from AI_model.generation import Generation, generate
from AI_model.providers.base import CompletionRequest, Provider, Turn
from AI_model.services.budgets import meter_of
from AI_model.services.ledger import record_calls
from core.lib.clock import Deadline
from core.lib.hands import waiting

SECONDS = 60.0


def hosted_chain(chat: AIChat) -> tuple[list[Provider], int]:
    """The chat's models, and how many tokens they read and write; none when only the built-in one
    is there."""
    name = model_of(chat)
    chain = [provider for provider in chain_of(chat, name) if not provider.local]
    return chain, window_of(chat, name, chain)


def ask_model(
    *, chat: AIChat, chain: Sequence[Provider], purpose: str, system: str, words: str, tokens: int
) -> Generation:
    """Metered and in the ledger like every other call. Not within a transaction."""
    request = CompletionRequest(
        system=system,
        turns=[Turn("user", words)],
        max_tokens=tokens,
        temperature=None,
        deadline=Deadline.after(SECONDS),
        question=words,
    )
    with waiting():
        found = generate(request=request, chain=chain, meter=meter_of(chat.business_id))
    record_calls(business_id=chat.business_id, purpose=purpose, calls=found.calls, user=chat.user)
    return found
