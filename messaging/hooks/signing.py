"""Signatures as Standard Webhooks describes them (standardwebhooks.com, version 1.0.0)."""

import base64
import hashlib
import hmac
import secrets as random
from collections.abc import Iterable, Mapping
from datetime import datetime

PREFIX = "whsec_"
KEY_BYTES = 32  # the standard asks for 24 to 64


def new_secret() -> str:
    return PREFIX + base64.b64encode(random.token_bytes(KEY_BYTES)).decode()


def signature(secret: str, *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """`v1,…` of one secret."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def signed_headers(
    secrets: Iterable[str], *, webhook_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The three headers; one signature for each secret, the newest first."""
    made = [
        signature(secret, webhook_id=webhook_id, timestamp=timestamp, body=body)
        for secret in secrets
    ]
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(made),
    }


def secrets_in_use(stored: Mapping[str, str], now: datetime) -> list[str]:
    """The present secret, and for a day after a rotation the one before it."""
    present = [stored["current"]]
    until = stored.get("previous_until")
    if until and datetime.fromisoformat(until) > now:
        present.append(stored["previous"])
    return present


def rotated(stored: Mapping[str, str], fresh: str, *, until: datetime) -> dict[str, str]:
    return {
        "current": fresh,
        "previous": stored["current"],
        "previous_until": until.isoformat(),
    }
