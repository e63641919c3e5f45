"""Requests to models as tests and benches need them."""

from AI_model.providers.base import CompletionRequest, Passage, Turn
from core.lib.clock import Deadline


def a_request(
    question: str = "When do you open?",
    *,
    seconds: float = 20.0,
    system: str = "You answer for a shop.",
    passages: tuple[Passage, ...] = (),
) -> CompletionRequest:
    return CompletionRequest(
        system=system,
        turns=(Turn("user", question),),
        max_tokens=200,
        temperature=0.3,
        deadline=Deadline.after(seconds),
        passages=passages,
        question=question,
    )
