"""What stands above the answer box: how long one can still answer, and how the answer goes out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from messaging.models import Conversation
from messaging.services.lanes import is_down
from messaging.windows import window_of

COUNT_FROM = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class AnswerWindow:
    """`left`: seconds to count down, None = don't. `next_change`: when to ask again, in seconds.

    `tagged_until`: the answer goes out as a person's, which is possible until then. `waits`: the
    platform takes nothing now, so what is written goes out after a reconnect.
    """

    left: int | None = None
    next_change: int | None = None
    tagged_until: datetime | None = None
    waits: bool = False

    @property
    def says_something(self) -> bool:
        return self.waits or self.left is not None or self.tagged_until is not None

    @property
    def left_words(self) -> str:
        minutes = (self.left or 0) // 60
        hours, rest = divmod(minutes, 60)
        if not minutes:
            return "less than a minute"
        return " ".join([f"{hours} h"] * (hours > 0) + [f"{rest} min"] * (rest > 0))


def answer_window(conversation: Conversation) -> AnswerWindow:
    """For a person who is about to answer; reads nothing that is not loaded."""
    now = timezone.now()
    window = window_of(conversation, sender="person", now=now)
    left, waits = window.closes_in, is_down(conversation.channel)
    if left is None:
        return AnswerWindow(waits=waits)
    # The AI is never tagged, so its end is where a person's tag begins.
    untagged = window_of(conversation, sender="ai", now=now).closes_in or left
    changes = [change for change in (left, left - COUNT_FROM, untagged) if change > timedelta(0)]
    return AnswerWindow(
        left=int(left.total_seconds()) if left <= COUNT_FROM else None,
        next_change=int(min(changes).total_seconds()) + 1,
        tagged_until=now + left if window.tag else None,
        waits=waits,
    )
