"""From what a vendor said to our words for it."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from AI_model.providers.base import ProviderError

# status -> (code, permanent, sentence)
BY_STATUS: dict[int, tuple[str, bool, str]] = {
    401: ("key_rejected", True, "rejected the API key; enter a valid one"),
    402: ("quota_exhausted", True, "has no credit left on this account; top it up"),
    403: ("not_allowed", True, "does not let this key use the model"),
    404: ("model_not_found", True, "does not know this model; choose another one"),
    408: ("timeout", False, "took too long"),
    413: ("too_long", True, "refused the request as too long"),
    429: ("rate_limited", False, "asked us to slow down"),
    503: ("overloaded", False, "is overloaded"),
    529: ("overloaded", False, "is overloaded"),
}
QUOTED = {"bad_request", "model_not_found", "not_allowed"}


def error_for_status(
    *, who: str, status: int, message: str = "", retry_after: float | None = None
) -> ProviderError:
    """The error for an HTTP status; `message` is quoted only where an operator needs it."""
    code, permanent, sentence = BY_STATUS.get(status) or _by_class(status)
    quote = f" ({message[:200]})" if message and code in QUOTED else ""
    return ProviderError(
        code, f"{who} {sentence}{quote}.", permanent=permanent, retry_after=retry_after
    )


def _by_class(status: int) -> tuple[str, bool, str]:
    if status >= 500:
        return "server_error", False, f"failed with status {status}"
    if status >= 400:
        return "bad_request", True, "refused the request"
    return "garbled", True, f"answered with status {status} instead of an answer"


def quota_error(who: str) -> ProviderError:
    return error_for_status(who=who, status=402)


def key_error(who: str) -> ProviderError:
    return error_for_status(who=who, status=401)


def garbled(who: str) -> ProviderError:
    return ProviderError(
        "garbled", f"{who} answered with something that is not an answer.", permanent=True
    )


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms` or `retry-after` (a number or a date); None when unreadable."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "")
    seconds = _number(value)
    return seconds if seconds is not None else _until(value)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _until(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def seconds_of(duration: object) -> float | None:
    """Google's duration text, such as "17s" or "1.5s"."""
    return _number(duration.removesuffix("s")) if isinstance(duration, str) else None
