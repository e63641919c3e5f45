"""What both Gemini SDKs carry: the API's own words for ends and errors.

Facts: ai.google.dev/api/generate-content, read 2026-11.
"""

from typing import Any

from AI_model.providers.base import Finish, ProviderError
from AI_model.providers.failures import error_for_status, key_error, seconds_of

FINISHES: dict[str, Finish] = {
    "": "stop",
    "FINISH_REASON_UNSPECIFIED": "stop",
    "STOP": "stop",
    "MAX_TOKENS": "cut",
    "CONTINUATION": "cut",
    "SAFETY": "blocked",
    "RECITATION": "blocked",
    "LANGUAGE": "blocked",
    "BLOCKLIST": "blocked",
    "PROHIBITED_CONTENT": "blocked",
    "SPII": "blocked",
    "MODEL_ARMOR": "blocked",
}


def explain_error(*, who: str, status: int, message: str, body: object) -> ProviderError:
    """Google puts a bad key and the wanted pause into the details of the body, not in a header."""
    details = _details(body)
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return key_error(who)
    delays = [seconds_of(detail.get("retryDelay")) for detail in details]
    wait = next((delay for delay in delays if delay is not None), None)
    return error_for_status(who=who, status=status, message=message, retry_after=wait)


def _details(body: object) -> list[dict[str, Any]]:
    inner = body.get("error") if isinstance(body, dict) else None
    details = inner.get("details") if isinstance(inner, dict) else None
    return [d for d in details if isinstance(d, dict)] if isinstance(details, list) else []
