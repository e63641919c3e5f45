"""What Telegram's getWebhookInfo says of a channel's health."""

from collections.abc import Collection, Mapping
from typing import Any

from core.lib.decoding import clean_text

Facts = dict[str, Any]


def webhook_facts(info: Mapping[str, Any], wanted: Collection[str]) -> Facts:
    """`url`, `pending_update_count`, `last_error_date` (seconds since 1970), `last_error_message`,
    `secret_off` (our own 403 is Telegram's last error) and `missing_updates`.
    """
    error = clean_text(str(info.get("last_error_message") or ""))[:200]
    # Left out = Telegram's own default, or nothing said.
    listed = info.get("allowed_updates")
    delivered = {str(name) for name in listed} if isinstance(listed, list) else set(wanted)
    return {
        "url": clean_text(str(info.get("url") or ""))[:500],
        "pending_update_count": _count(info.get("pending_update_count")) or 0,
        "last_error_date": _count(info.get("last_error_date")),
        "last_error_message": error,
        "secret_off": "403 forbidden" in error.lower(),
        "missing_updates": sorted(set(wanted) - delivered),
    }


def webhook_trouble(info: Mapping[str, Any], facts: Facts, webhook_url: str) -> str:
    """What is wrong, in a sentence; empty when Telegram delivers."""
    if info.get("url") != webhook_url:
        return "Telegram delivers to another address. Connect again."
    if not facts["pending_update_count"] or not facts["last_error_message"]:
        return ""
    if facts["secret_off"]:
        return "Telegram delivers with another secret. Connect again."
    return str(facts["last_error_message"])


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
