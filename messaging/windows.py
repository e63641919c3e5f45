"""How long after a customer's words a channel may still be written to, and by whom.

Meta: 24 hours for everybody; 7 days with the tag HUMAN_AGENT for the people of a business that
holds that permission, never for an AI (Messenger Platform policy). Telegram Business: 24 hours
(Bot API, `can_reply`). No safety margin: what the platform finds late it refuses with the code
`window_closed` as well, and that is the same failure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from django.utils import timezone

from messaging.adapters.registry import adapter_for

if TYPE_CHECKING:
    from messaging.models import Conversation

Sender = Literal["ai", "person"]
HUMAN_AGENT = "HUMAN_AGENT"
CLOSED = "window_closed"
NEVER_WROTE = (
    "The customer has not written here yet. On this channel the first word has to be theirs."
)


@dataclass(frozen=True, slots=True)
class WindowDecision:
    """Whether a sender may write now. `closes_in` is how long they may go on; None = no limit.

    `tag` goes out with the message. `code` and `reason` say why not; both empty when allowed.
    """

    allowed: bool
    tag: str = ""
    code: str = ""
    reason: str = ""
    closes_in: timedelta | None = None


def decide(
    *,
    sender: Sender,
    age: timedelta | None,
    window: timedelta | None,
    people_window: timedelta | None,
    may_tag: bool,
) -> WindowDecision:
    """May `sender` write, when what opened the window is `age` old (None = nothing ever did)?

    A window that is exactly as old as it may get is closed.
    """
    if window is None:
        return WindowDecision(True)
    if age is None:
        return _refused(NEVER_WROTE)
    age = max(age, timedelta(0))
    longer = people_window if sender == "person" and may_tag else None
    longest = max(window, longer or window)
    if age < longest:
        return WindowDecision(True, HUMAN_AGENT if age >= window else "", closes_in=longest - age)
    return _refused(_late(sender, age, window, people_window))


def window_of(
    conversation: "Conversation", *, sender: Sender, now: datetime | None = None
) -> WindowDecision:
    """The decision for a thread, from rows that are loaded already."""
    channel, opened = conversation.channel, conversation.window_from
    adapter = adapter_for(channel.kind)
    return decide(
        sender=sender,
        age=None if opened is None else (now or timezone.now()) - opened,
        window=adapter.window_of(conversation.external_id),
        people_window=adapter.capabilities.people_window,
        may_tag=channel.settings.get("human_agent") is True,
    )


def _refused(reason: str) -> WindowDecision:
    return WindowDecision(False, code=CLOSED, reason=reason)


def _late(
    sender: Sender, age: timedelta, window: timedelta, people_window: timedelta | None
) -> str:
    if people_window is None or age >= people_window:
        ago = _span(max(window, people_window or window))
        return f"The customer last wrote more than {ago} ago. You can write again once they do."
    since = f"The customer last wrote more than {_span(window)} ago."
    if sender == "ai":
        return f"{since} After that only people may answer."
    return (
        f"{since} You can write again once they do. If your business holds the platform's Human "
        f"Agent permission, people may answer for {_span(people_window)}: an owner can say so in "
        "the channel's settings."
    )


def _span(length: timedelta) -> str:
    hours = round(length.total_seconds() / 3600)
    return f"{hours // 24} days" if hours % 24 == 0 and hours > 24 else f"{hours} hours"
