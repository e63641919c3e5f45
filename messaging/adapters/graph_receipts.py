"""What an exchange with the Graph API means. HTTP statuses say little, so the codes decide.

Their tables: .../messenger-platform/error-codes, and the Instagram messaging API's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from core.lib.decoding import clean_text
from messaging.adapters.base import ChannelRefused
from messaging.adapters.graph_calls import Exchange
from messaging.types import FailureScope, SendOutcome, SendReceipt

CUSTOMER, CHANNEL, MESSAGE = FailureScope.CUSTOMER, FailureScope.CHANNEL, FailureScope.MESSAGE


@dataclass(frozen=True, slots=True)
class Meaning:
    """Our code and sentence for an error of Meta's, and how far the trouble reaches."""

    code: str
    sentence: str
    scope: FailureScope = MESSAGE


WINDOW_CLOSED = Meaning(
    "window_closed", "{platform} takes no message any more: the customer wrote too long ago."
)
RESTRICTED = Meaning(
    "restricted",
    "{platform} has restricted this account's messages. Look for a notice in the account itself.",
    CHANNEL,
)
NOT_PERMITTED = Meaning(
    "not_permitted",
    "The app may not send messages for this account. Connect it again and allow messages.",
    CHANNEL,
)
ACCESS_OFF = Meaning(
    "access_off",
    "The account's owner has switched off access to messages. Switch it on under Connected tools.",
    CHANNEL,
)
UNKNOWN_CUSTOMER = Meaning("no_such_customer", "{platform} does not know this customer.", CUSTOMER)
UNAVAILABLE = Meaning("unavailable", "The customer can't be written to at present.", CUSTOMER)
EXPIRED = Meaning("bad_token", "The channel's token has ended. Connect the account again.", CHANNEL)
BAD_TOKEN = Meaning(
    "bad_token",
    "{platform} does not accept the channel's token. Connect the account again.",
    CHANNEL,
)
TAG_REFUSED = Meaning(
    "tag_refused", "The app does not hold the permission for answers of people after 24 hours."
)

# (code, subcode) as far as a subcode changes the meaning; (code, None) is every other subcode.
MEANINGS: dict[tuple[int, int | None], Meaning] = {
    (10, 2534022): WINDOW_CLOSED,
    (10, 2018278): WINDOW_CLOSED,
    (10, 2018065): WINDOW_CLOSED,
    (10, 1893063): RESTRICTED,
    (10, 2018108): UNAVAILABLE,
    (10, None): NOT_PERMITTED,
    (100, 2534029): RESTRICTED,
    (100, 2534014): UNKNOWN_CUSTOMER,
    (100, 2018001): UNKNOWN_CUSTOMER,
    (102, None): BAD_TOKEN,
    (190, 463): EXPIRED,
    (190, None): BAD_TOKEN,
    (200, 2534041): ACCESS_OFF,
    (200, 1545041): UNAVAILABLE,
    (200, None): NOT_PERMITTED,
    (368, None): RESTRICTED,
    (551, None): UNAVAILABLE,
    (2500, None): BAD_TOKEN,
}
# 4 app, 17 user, 32 page, 613 this API; 8000x the account's own use in one use case.
RATE_CODES = {4, 17, 32, 613, 80001, 80002, 80006}
# They may come although the message was delivered (1-1357046 says so itself).
TRANSIENT_CODES = {1, 2, 1200}
# Meta's own words may repeat a token, or hold a trace of the call.
LONG_WORD = re.compile(r"[A-Za-z0-9_\-.|]{24,}")
WAIT = "{platform} asks us to send more slowly."


def receipt_of(exchange: Exchange, *, platform: str, tagged: bool = False) -> SendReceipt:
    """Sent, certainly not taken, or nobody knows. `tagged`: it asked for the people's window."""
    if exchange.status is None:
        return _without_answer(exchange, platform)
    answer = exchange.answer()
    if answer is None:
        return _foreign_answer(exchange.status, exchange, platform)
    if (error := error_of(answer)) is not None:
        return _refusal(error, exchange, platform, tagged)
    if exchange.status == 200 and ("message_id" in answer or "recipient_id" in answer):
        return SendReceipt(SendOutcome.SENT, external_id=str(answer.get("message_id") or ""))
    return _foreign_answer(exchange.status, exchange, platform)


def result_of(exchange: Exchange, *, platform: str) -> dict[str, Any]:
    """The answer to a question about the account. Raises ChannelRefused in plain words.

    Its code is `channel_unreachable` where nothing was learned, else the meaning's own.
    """
    answer = exchange.answer() if exchange.status is not None else None
    error = error_of(answer) if answer is not None else None
    if error is None and answer is not None and exchange.status == 200:
        return answer
    if error is None or _is_passing(error):
        why = exchange.failure or f"HTTP {exchange.status}"
        sentence = f"{platform} gave no answer ({why}). Try again in a minute."
        raise ChannelRefused(sentence, code="channel_unreachable", status=503)
    meaning = _meaning_of(error) or _unknown(error)
    raise ChannelRefused(meaning.sentence.format(platform=platform), code=meaning.code)


def error_of(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The body's error with a code that is a number, or None."""
    error = answer.get("error")
    return error if isinstance(error, dict) and isinstance(error.get("code"), int) else None


def seconds_to_wait(exchange: Exchange) -> float | None:
    """What the platform asks for: minutes in its usage header, else seconds in Retry-After."""
    minutes = max(_minutes(exchange.usage), default=0.0)
    if minutes > 0:
        return minutes * 60
    try:
        return max(0.0, float(exchange.retry_after))
    except ValueError:
        return None


def _minutes(usage: str) -> list[float]:
    """Of `{"<account>": [{"type", "estimated_time_to_regain_access", …}]}`."""
    try:
        accounts = orjson.loads(usage)
    except orjson.JSONDecodeError:
        return []
    lists = accounts.values() if isinstance(accounts, dict) else []
    uses = [use for uses in lists if isinstance(uses, list) for use in uses]
    named = [use.get("estimated_time_to_regain_access") for use in uses if isinstance(use, dict)]
    return [float(minutes) for minutes in named if isinstance(minutes, (int, float))]


def _without_answer(exchange: Exchange, platform: str) -> SendReceipt:
    if exchange.written:
        words = f"{platform}'s answer did not arrive ({exchange.failure})."
        return _uncertain("no_answer", words)
    return _later("unreachable", f"{platform} could not be reached ({exchange.failure}).")


def _foreign_answer(status: int, exchange: Exchange, platform: str) -> SendReceipt:
    """Something between us and Meta answered in its place."""
    if status == 429:
        return _later("rate_limited", WAIT.format(platform=platform), seconds_to_wait(exchange))
    if 300 <= status < 500:
        return _later("gateway", f"Something before {platform} refused the call (HTTP {status}).")
    return _uncertain("gateway", f"An answer came that is not {platform}'s own (HTTP {status}).")


def _refusal(
    error: Mapping[str, Any], exchange: Exchange, platform: str, tagged: bool
) -> SendReceipt:
    if error["code"] in RATE_CODES:
        return _later("rate_limited", WAIT.format(platform=platform), seconds_to_wait(exchange))
    meaning = _meaning_of(error)
    if _is_passing(error) or (meaning is None and (exchange.status or 0) >= 500):
        words = f"{platform} is in trouble itself and does not say whether it took the message."
        return _uncertain("platform_trouble", words)
    if tagged and meaning is NOT_PERMITTED and error["code"] == 10:
        meaning = TAG_REFUSED
    meaning = meaning or _unknown(error)
    detail = meaning.sentence.format(platform=platform)
    return SendReceipt(SendOutcome.REJECTED, code=meaning.code, detail=detail, scope=meaning.scope)


def _is_passing(error: Mapping[str, Any]) -> bool:
    return error["code"] in TRANSIENT_CODES | RATE_CODES or error.get("is_transient") is True


def _meaning_of(error: Mapping[str, Any]) -> Meaning | None:
    code, subcode = error["code"], error.get("error_subcode")
    exact = MEANINGS.get((code, subcode)) if isinstance(subcode, int) else None
    if exact is None and code == 10 and "window" in str(error.get("message", "")).lower():
        return WINDOW_CLOSED
    return exact or MEANINGS.get((code, None))


def _unknown(error: Mapping[str, Any]) -> Meaning:
    words = LONG_WORD.sub("…", clean_text(str(error.get("message", ""))))[:200].strip(" .")
    words = words.replace("{", "(").replace("}", ")") or f"error {error['code']}"
    return Meaning("refused", f"{{platform}} refused: {words}.")


def _later(code: str, detail: str, retry_after: float | None = None) -> SendReceipt:
    return SendReceipt(
        *(SendOutcome.REJECTED, "", code, detail), permanent=False, retry_after=retry_after
    )


def _uncertain(code: str, detail: str) -> SendReceipt:
    return SendReceipt(SendOutcome.UNCERTAIN, code=code, detail=detail, permanent=False)
