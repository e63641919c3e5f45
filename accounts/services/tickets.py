"""Tickets that open one WebSocket, once."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import SocketTicket, User
from accounts.services.hashing import hash_token, new_token

TICKET_SECONDS = 30


def issue_ticket(*, user: User) -> str:
    """Return a token that `redeem_ticket` takes once within TICKET_SECONDS."""
    token = new_token()
    expires_at = timezone.now() + timedelta(seconds=TICKET_SECONDS)
    SocketTicket.objects.create(token_hash=hash_token(token), user=user, expires_at=expires_at)
    return token


def redeem_ticket(token: str) -> User | None:
    """The ticket's user, or None when it is unknown, used or too old."""
    ticket = (
        SocketTicket.objects.filter(token_hash=hash_token(token), expires_at__gt=timezone.now())
        .select_related("user")
        .first()
    )
    if ticket is None:
        return None
    used, _ = SocketTicket.objects.filter(pk=ticket.pk).delete()
    return ticket.user if used and ticket.user.is_active else None
