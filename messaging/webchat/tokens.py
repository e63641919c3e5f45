"""A visitor's only credential: a signed token that names the channel and the visitor."""

from dataclasses import dataclass
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner

from core.lib.ids import new_id

LIFETIME = timedelta(days=365)
MAX_LENGTH = 512
# The first subprotocol of a visitor's socket; the second one is the token, which so stays out
# of addresses and their logs.
WIDGET_PROTOCOL = "deskbell.widget"


@dataclass(frozen=True, slots=True)
class Visitor:
    channel_id: str
    id: str


def issue_token(channel_id: str) -> str:
    """Return a token for a new visitor. Only characters that a subprotocol may have."""
    return _signer().sign_object([channel_id, new_id()])


def read_token(token: str) -> Visitor | None:
    """The visitor that the token was issued to, or None."""
    if not token or len(token) > MAX_LENGTH or not token.isascii():
        return None
    try:
        channel_id, visitor_id = _signer().unsign_object(token, max_age=LIFETIME)
    except (BadSignature, ValueError, TypeError):
        return None
    return Visitor(str(channel_id), str(visitor_id))


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="messaging.webchat.visitor", sep=".")
