"""What an exchange with Telegram means for a send. Error words as in tdlib/telegram-bot-api."""

from typing import Any

from messaging.adapters.telegram_calls import Exchange
from messaging.types import FailureScope, SendOutcome, SendReceipt

CUSTOMER, CHANNEL, MESSAGE = FailureScope.CUSTOMER, FailureScope.CHANNEL, FailureScope.MESSAGE

CONNECTION_LOST = "The bot may not write from this business account. Connect it in Telegram again."
# Words in Telegram's description -> our code, our sentence, how far the trouble reaches.
REFUSALS: tuple[tuple[int, str, str, str, FailureScope], ...] = (
    (403, "blocked by the user", "blocked", "The customer has blocked the bot.", CUSTOMER),
    (403, "user is deactivated", "gone", "The customer's account no longer exists.", CUSTOMER),
    (403, "was kicked", "removed", "The bot was removed from the chat.", CUSTOMER),
    (403, "not a member", "removed", "The bot was removed from the chat.", CUSTOMER),
    (
        *(403, "can't initiate conversation", "not_started"),
        *("The customer has not started a chat with the bot.", CUSTOMER),
    ),
    (400, "chat not found", "chat_not_found", "Telegram does not know this chat.", CUSTOMER),
    (400, "user is deactivated", "gone", "The customer's account no longer exists.", CUSTOMER),
    (400, "peer_id_invalid", "chat_not_found", "Telegram does not know this chat.", CUSTOMER),
    (400, "message thread not found", "topic_gone", "The topic no longer exists.", MESSAGE),
    (
        *(400, "business_peer_usage_missing", "window_closed"),
        *("The customer has not written in the last 24 hours.", MESSAGE),
    ),
    *(
        (status, words, "connection_lost", CONNECTION_LOST, CUSTOMER)
        for status in (400, 403)
        for words in ("business connection not found", "business_connection_", "business_peer_")
    ),
    (400, "too long", "too_long", "The message is too long for Telegram.", MESSAGE),
    (400, "text is empty", "empty", "The message has no text that Telegram shows.", MESSAGE),
    (400, "must be non-empty", "empty", "The message has no text that Telegram shows.", MESSAGE),
)
TOKEN_REFUSED = (  # a sentence, no secret
    "Telegram does not accept the bot's token. Connect the bot again with a new one."  # noqa: S105
)
WAIT = "Telegram asks us to send more slowly."


def receipt_of(exchange: Exchange) -> SendReceipt:
    """Sent, certainly not taken, or nobody knows."""
    if exchange.status is None:
        return _without_answer(exchange)
    answer = exchange.answer()
    if answer is None:
        return _foreign_answer(exchange.status, exchange)
    if answer["ok"]:
        return SendReceipt(SendOutcome.SENT, external_id=_message_id(answer))
    return _refusal(_code(answer, exchange.status), answer, exchange)


def _without_answer(exchange: Exchange) -> SendReceipt:
    if exchange.written:
        return _uncertain("no_answer", f"Telegram's answer did not arrive ({exchange.failure}).")
    return _later("unreachable", f"Telegram could not be reached ({exchange.failure}).")


def _foreign_answer(status: int, exchange: Exchange) -> SendReceipt:
    """Something between us and Telegram answered in its place."""
    if status == 429:
        return _later("rate_limited", WAIT, _seconds(exchange.retry_after))
    if 300 <= status < 500:
        return _later("gateway", f"Something before Telegram refused the call (HTTP {status}).")
    return _uncertain("gateway", f"An answer came that is not Telegram's own (HTTP {status}).")


def _refusal(status: int, answer: dict[str, Any], exchange: Exchange) -> SendReceipt:
    """Telegram's own error body: it certainly did not take the message."""
    parameters = answer.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if status == 429 or "retry_after" in parameters:
        asked = _seconds(parameters.get("retry_after", exchange.retry_after))
        return _later("rate_limited", WAIT, asked)
    if status >= 500:
        return _later("platform_down", f"Telegram is in trouble itself (HTTP {status}).")
    if status in {401, 404}:
        return _refused("bad_token", TOKEN_REFUSED, CHANNEL)
    return _refusal_of_message(status, str(answer.get("description", "")), parameters)


def _refusal_of_message(status: int, words: str, parameters: dict[str, Any]) -> SendReceipt:
    if isinstance(moved_to := parameters.get("migrate_to_chat_id"), int):
        details = {"conversation_key": str(moved_to)}
        return _refused("moved", "The chat has moved to another id.", MESSAGE, details=details)
    if "parse entities" in words.lower():
        sentence = "Telegram could not read the message's formatting."
        return _refused("bad_markup", sentence, MESSAGE, resend_as_plain_text=True)
    for code, part, name, sentence, scope in REFUSALS:
        if code == status and part in words.lower():
            return _refused(name, sentence, scope)
    name = {403: "forbidden", 409: "conflict"}.get(status, "refused")
    return _refused(name, f"Telegram refused the message: {words[:200] or status}.", MESSAGE)


def _refused(code: str, detail: str, scope: FailureScope, **more: Any) -> SendReceipt:
    return SendReceipt(SendOutcome.REJECTED, code=code, detail=detail, scope=scope, **more)


def _later(code: str, detail: str, retry_after: float | None = None) -> SendReceipt:
    return SendReceipt(
        *(SendOutcome.REJECTED, "", code, detail), permanent=False, retry_after=retry_after
    )


def _uncertain(code: str, detail: str) -> SendReceipt:
    return SendReceipt(SendOutcome.UNCERTAIN, code=code, detail=detail, permanent=False)


def _code(answer: dict[str, Any], status: int) -> int:
    """The body's error_code, which equals the HTTP status unless a proxy changed that."""
    code = answer.get("error_code")
    return code if isinstance(code, int) else status


def _message_id(answer: dict[str, Any]) -> str:
    result = answer.get("result")
    return str(result.get("message_id", "")) if isinstance(result, dict) else ""


def _seconds(value: Any) -> float | None:
    try:
        return max(0.0, float(value))
    except (TypeError, ValueError):
        return None
