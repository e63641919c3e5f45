"""The signature on Meta's deliveries: HMAC-SHA256 of the raw body with the app's secret.

developers.facebook.com/docs/messenger-platform/webhooks#validate-payloads. Which of its two secrets
an app with Instagram Login signs with is not documented: so each of a list is tried.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable

HEADER = "X-Hub-Signature-256"
SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)


def is_signature(header: str) -> bool:
    """Whether it has the form of one, so that the body is worth reading."""
    return SIGNATURE.fullmatch(header) is not None


def is_signed(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets signed these bytes; never with an empty secret, or with none."""
    found = SIGNATURE.fullmatch(header)
    if found is None:
        return False
    given = found[1].encode()
    known = (hmac.digest(secret.encode(), body, hashlib.sha256) for secret in secrets if secret)
    return any(hmac.compare_digest(made.hex().encode(), given) for made in known)
