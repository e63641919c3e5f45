"""What the doctor makes of what it saw. Pure: facts in, findings out, no row and no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

WARN_BEFORE = timedelta(days=10)
REFRESH_AGE = timedelta(hours=24)
ERROR_LASTS = timedelta(hours=1)
LONG_BACKLOG = 100
FEWEST_SENDS = 10
HIGH_RATE = 0.2

CONNECT_AGAIN = "Connect the channel again with a fresh token."
CHECK_NOW = "Repair it with “Check now”, or with manage.py channel_doctor --fix."


class Severity(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """`sentence` says what is, `remedy` what to do about it ("" when nothing)."""

    code: str
    severity: Severity
    sentence: str
    remedy: str = ""

    def form(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Sends:
    """What became of the sends of the last 24 hours."""

    sent: int = 0
    failed: int = 0
    uncertain: int = 0

    @property
    def all(self) -> int:
        return self.sent + self.failed + self.uncertain

    @property
    def rate(self) -> float:
        return (self.failed + self.uncertain) / self.all if self.all else 0.0


def good(code: str, sentence: str) -> Finding:
    return Finding(code, Severity.OK, sentence)


def warning(code: str, sentence: str, remedy: str = "") -> Finding:
    return Finding(code, Severity.WARN, sentence, remedy)


def bad(code: str, sentence: str, remedy: str = "") -> Finding:
    return Finding(code, Severity.BAD, sentence, remedy)


def of_webhook(
    info: Mapping[str, Any],
    *,
    url: str,
    now: datetime,
    registered_at: datetime | None = None,
    last_inbound_at: datetime | None = None,
    by_hand: bool = False,
) -> list[Finding]:
    """Findings on a Bot API's getWebhookInfo.

    An error counts while it is newer than our registration and the last delivery that came.
    `by_hand`: its owner chose the address, so another one is no fault.
    """
    known = [at for at in (registered_at, last_inbound_at) if at is not None]
    trouble = _fresh_error(info, after=max(known, default=None), now=now)
    return [
        _address(str(info.get("url") or ""), url, warning if by_hand else bad),
        _secret(trouble),
        _backlog(_count(info.get("pending_update_count")), trouble),
        *_kinds(info.get("missing_updates") or ()),
    ]


def _fresh_error(info: Mapping[str, Any], *, after: datetime | None, now: datetime) -> str:
    words = str(info.get("last_error_message") or "").strip()
    at = _from_epoch(info.get("last_error_date"))
    if not words or at is None or now - at > ERROR_LASTS:
        return ""
    # Its times are whole seconds, ours are not.
    return "" if after is not None and at <= after.replace(microsecond=0) else words[:200]


def _from_epoch(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _count(number: Any) -> int:
    return number if isinstance(number, int) and number > 0 else 0


def _address(present: str, wanted: str, off: Callable[[str, str, str], Finding]) -> Finding:
    if present == wanted:
        return good("webhook_address", "Telegram delivers to this installation.")
    if not present:
        return off("webhook_address", "Telegram delivers nowhere: no webhook is set.", CHECK_NOW)
    where = present.split("?")[0][:120]
    return off(
        "webhook_address",
        f"Telegram delivers to another address: {where}",
        f"{CHECK_NOW} If it comes back, another program uses this bot.",
    )


def _secret(trouble: str) -> Finding:
    if "403" in trouble:
        return bad(
            "webhook_secret",
            "Deliveries are refused here: Telegram sends another secret than ours.",
            CHECK_NOW,
        )
    return good("webhook_secret", "No delivery is refused for its secret.")


def _backlog(pending: int, trouble: str) -> Finding:
    waiting = (
        f"{pending} deliveries wait at Telegram"
        if pending != 1
        else ("1 delivery waits at Telegram")
    )
    if trouble and "403" not in trouble:
        remedy = "Look whether this installation can be reached from outside at PUBLIC_URL."
        off = bad if pending else warning
        return off("backlog", f"{waiting}; the last try failed: {trouble}", remedy)
    if pending >= LONG_BACKLOG:
        return warning("backlog", f"{waiting}.", "Look at the load of this installation.")
    return good("backlog", f"{waiting}." if pending else "No delivery waits at Telegram.")


def _kinds(missing: Sequence[str]) -> list[Finding]:
    if not missing:
        return []
    sentence = f"Telegram does not deliver {', '.join(missing)}."
    return [warning("webhook_kinds", sentence, CHECK_NOW)]


def of_subscription(facts: Mapping[str, Any], *, delivers: bool, by_hand: bool = False) -> Finding:
    """Whether Meta delivers what we need, from a check's `subscribed_fields`, `missing_fields`."""
    off = warning if by_hand else bad
    if not facts.get("subscribed_fields"):
        return off("subscription", "Meta delivers nothing: there is no subscription.", CHECK_NOW)
    missing = ", ".join(facts.get("missing_fields") or ())
    if not missing:
        return good("subscription", "Meta delivers every kind of event.")
    sentence = f"The subscription lacks {missing}."
    if not delivers:
        return off("subscription", sentence, CHECK_NOW)
    remedy = "Messages arrive. If the app may have these fields, add them in Meta's dashboard."
    return warning("subscription", sentence, remedy)


def of_token(
    *,
    expires_at: datetime | None,
    renewed_at: datetime | None,
    now: datetime,
    problem: str = "",
) -> Finding:
    """How long the token lasts. `problem`: why the last renewal failed."""
    age = f" It is {_days(now - renewed_at)} old." if renewed_at is not None else ""
    if expires_at is None:
        return good("token", f"The token works.{age}")
    if expires_at <= now:
        return bad("token", f"The token ended on {_day(expires_at)}.", CONNECT_AGAIN)
    left = expires_at - now
    forecast = f"The token ends on {_day(expires_at)}, in {_days(left)}.{age}"
    if left > WARN_BEFORE:
        return good("token", forecast)
    if problem:
        sentence = f"{forecast} It could not be renewed: {problem}"
        return warning("token", sentence, CONNECT_AGAIN)
    return warning("token", forecast, "It is renewed daily by itself; nothing to do yet.")


def of_sends(sends: Sends) -> Finding:
    if not sends.all:
        return good("sends", "Nothing was sent in the last 24 hours.")
    lost = f"{sends.failed} failed and {sends.uncertain} uncertain"
    sentence = f"Of {sends.all} sends in 24 hours, {lost} ({sends.rate:.0%})."
    if sends.all >= FEWEST_SENDS and sends.rate >= HIGH_RATE:
        return warning("sends", sentence, "Open what “Needs a look” shows and read why.")
    return good("sends", sentence)


def of_traffic(*, inbound_at: datetime | None, outbound_at: datetime | None) -> list[Finding]:
    came = (
        f"The last delivery came {_moment(inbound_at)}."
        if inbound_at
        else ("Nothing has come in yet.")
    )
    went = (
        f"The last message went out {_moment(outbound_at)}."
        if outbound_at
        else ("Nothing has gone out yet.")
    )
    return [good("last_inbound", came), good("last_outbound", went)]


def worst(findings: Sequence[Finding]) -> Severity:
    order = list(Severity)
    return max((finding.severity for finding in findings), key=order.index, default=Severity.OK)


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %B %Y}"


def _moment(at: datetime) -> str:
    return f"on {at.astimezone(UTC):%-d %B %Y at %H:%M} UTC"


def _days(span: timedelta) -> str:
    days = span.days
    return "less than a day" if days < 1 else "1 day" if days == 1 else f"{days} days"
