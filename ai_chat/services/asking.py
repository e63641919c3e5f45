"""Asking without a socket: a turn, and waiting for its answer's end in the caller's own thread."""

import time
from dataclasses import replace
from typing import Any

from ai_chat.answering.run import write
from ai_chat.models import AIChat, AIMessage
from ai_chat.services.messages import Turn, ask_again, edit_message, say
from ai_chat.tree import UNFINISHED
from AI_model.services.asking import seat
from core.lib.clock import Deadline
from core.lib.errors import DomainError
from core.lib.hands import waiting

WAIT_SECONDS = 245.0
FIRST_LOOK, LONGEST_LOOK = 0.05, 0.5
RATE_LIMITED_SECONDS = 30
ABOUT_THE_REQUEST = frozenset({"too_long", "bad_request", "blocked", "empty"})
STATUSES = {"over_budget": 402, "unpriced": 402, "rate_limited": 429}


class NoAnswer(DomainError):
    """A model was asked and gave no answer; its message in the chat says the same."""

    status = 502
    retry_after: int | None = None


def say_and_wait(*, chat: AIChat, content: str, **options: Any) -> Turn:
    """`say`, and the answer as it ended. AllSeatsTaken before anything is stored."""
    with seat():
        return _ended(say(chat=chat, content=content, **options))


def edit_and_wait(*, message: AIMessage, content: str, **options: Any) -> Turn:
    with seat():
        return _ended(edit_message(message=message, content=content, **options))


def ask_again_and_wait(*, message: AIMessage, model_name: str = "") -> AIMessage:
    with seat():
        return wait_for(ask_again(message=message, model_name=model_name))


def _ended(turn: Turn) -> Turn:
    answer = wait_for(turn.answer)
    chat = AIChat.objects.filter(pk=turn.chat.pk).first()
    return replace(turn, answer=answer, chat=chat or turn.chat)


def wait_for(answer: AIMessage) -> AIMessage:
    """Write it here unless a worker does already; as it is at its end, or after WAIT_SECONDS."""
    give_up, pause = Deadline.after(WAIT_SECONDS), FIRST_LOOK
    while answer.state in UNFINISHED and not give_up.passed:
        if answer.state == AIMessage.State.PENDING:
            write(answer.pk)
        else:
            with waiting():
                time.sleep(min(pause, give_up.remaining()))
            pause = min(pause * 1.5, LONGEST_LOOK)
        answer = AIMessage.objects.filter(pk=answer.pk).first() or _deleted()
    return answer


def check_answered(answer: AIMessage) -> AIMessage:
    """The answer, or NoAnswer with what its failure says: 402 no budget, 429 limited, else 502."""
    if answer.state != AIMessage.State.FAILED:
        return answer
    failure = answer.failure or {}
    code = str(failure.get("code") or "failed")
    status = STATUSES.get(code, 400 if code in ABOUT_THE_REQUEST else NoAnswer.status)
    error = NoAnswer(str(failure.get("detail") or "No answer came."), code=code, status=status)
    if status == 429:
        error.retry_after = RATE_LIMITED_SECONDS
    raise error


def _deleted() -> AIMessage:
    raise DomainError("This answer was deleted.", code="deleted", status=410)
