"""What one try means for the delivery and for its endpoint. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from messaging.models import WebhookDelivery

State = WebhookDelivery.State
MINUTE, HOUR = 60.0, 3600.0
PAUSES = (
    *(5.0, 5 * MINUTE, 30 * MINUTE),
    *(2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
)
"""Seconds after the first failed try, the second, and so on; after the last it is given up."""
JITTER = 0.2
LONGEST_RETRY_AFTER = 24 * HOUR
PATIENCE = timedelta(days=5)
BUSY = {429, 503}


@dataclass(frozen=True, slots=True)
class Tried:
    """One try. `status` is None when no answer came; `problem` is then the reason."""

    status: int | None
    ms: int = 0
    problem: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`pause`: seconds until the next try. `switch_off`: why the endpoint gets nothing more."""

    state: str
    problem: str = ""
    pause: float = 0.0
    switch_off: str = ""


def judge(tried: Tried, *, attempts: int, failing_for: timedelta | None, chance: float) -> Verdict:
    """`attempts` counts this try; `failing_for`: since the endpoint's first failure in a row;
    `chance`: 0 to 1, for the jitter."""
    problem = problem_of(tried)
    if not problem:
        return Verdict(State.DELIVERED)
    if tried.status == 410:
        return Verdict(State.FAILED, problem, switch_off="The address answered 410 Gone.")
    if failing_for is not None and failing_for >= PATIENCE:
        reason = f"Nothing was taken for {PATIENCE.days} days. The last time: {problem}"
        return Verdict(State.FAILED, problem, switch_off=reason)
    if attempts > len(PAUSES):
        return Verdict(State.FAILED, problem)
    pause = PAUSES[attempts - 1] * (1 + JITTER * chance)
    if tried.status in BUSY and tried.retry_after is not None:
        pause = max(pause, min(tried.retry_after, LONGEST_RETRY_AFTER))
    return Verdict(State.WAITING, problem, pause=pause)


def problem_of(tried: Tried) -> str:
    """What was wrong with the try, in one sentence; empty when it was taken."""
    if tried.status is None:
        return tried.problem
    if 200 <= tried.status < 300:
        return ""
    if 300 <= tried.status < 400:
        return f"It answered {tried.status}; redirects are not followed. Give the final address."
    return f"The address answered {tried.status}."


def retry_after_of(header: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, which is a number or an HTTP date; None if neither."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
