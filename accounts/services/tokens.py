"""Bearer tokens: a short access token, and a refresh token that works once.

A refresh token used a second time is a sign that it was copied, so its whole family ends. Two
requests of one client that race within REUSE_GRACE only lose the race.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Invitation, SocketTicket, TokenFamily, User
from core.lib.errors import DomainError
from core.lib.ids import new_id

if TYPE_CHECKING:
    from rest_framework_simplejwt.tokens import Token

REUSE_GRACE = timedelta(seconds=10)


class TokenRefused(DomainError):
    status = 401
    code = "token_not_valid"


@dataclass(frozen=True, slots=True)
class TokenPair:
    access: str
    refresh: str
    expires_in: int


def issue_tokens(*, user: User) -> TokenPair:
    """Begin a new family for a user who has just proved who they are."""
    from accounts.services import jwt

    family = TokenFamily(id=new_id(), user=user)
    refresh = jwt.new_refresh(family)
    family.current = refresh["jti"]
    family.rotated_at = timezone.now()
    family.expires_at = family.rotated_at + jwt.REFRESH_LIFETIME
    family.save(force_insert=True)
    return jwt.pair_of(refresh)


def rotate_tokens(*, refresh: str) -> TokenPair:
    """Exchange a refresh token for a new pair. Of several at once exactly one succeeds."""
    from accounts.services import jwt

    old = jwt.read_refresh(refresh)
    family = _live_family(old)
    new = jwt.new_refresh(family)
    now = timezone.now()
    won = TokenFamily.objects.filter(pk=family.pk, current=old["jti"], ended_at=None).update(
        current=new["jti"], rotated_at=now, expires_at=now + jwt.REFRESH_LIFETIME
    )
    if not won:
        _end_if_copied(family.pk)
        raise TokenRefused("This refresh token was used before; log in again.")
    return jwt.pair_of(new)


def end_family(*, refresh: str) -> None:
    """Log out: the refresh token and every access token of its family end at once."""
    from accounts.services import jwt

    token = jwt.read_refresh(refresh)
    TokenFamily.objects.filter(pk=jwt.family_of(token), ended_at=None).update(
        ended_at=timezone.now()
    )


def end_all_families(*, user: User) -> None:
    TokenFamily.objects.filter(user=user, ended_at=None).update(ended_at=timezone.now())


def user_of_access_token(raw: str | bytes) -> User:
    """The user of a valid access token, or TokenRefused."""
    from accounts.services import jwt

    return _live_family(jwt.read_access(raw)).user


def delete_expired() -> int:
    """Forget log-ins, socket tickets and invitations past their time; returns how many."""
    past = Q(expires_at__lt=timezone.now())
    families, _ = TokenFamily.objects.filter(past).delete()
    tickets, _ = SocketTicket.objects.filter(past).delete()
    invitations, _ = Invitation.objects.filter(past, accepted_at=None).delete()
    return families + tickets + invitations


def _live_family(token: "Token") -> TokenFamily:
    """The token's family, when it goes on and its user may still log in."""
    from accounts.services import jwt

    family = (
        TokenFamily.objects.filter(pk=jwt.family_of(token), ended_at=None)
        .select_related("user__business")
        .first()
    )
    if family is None or not family.user.is_active:
        raise TokenRefused("This log-in has ended; log in again.")
    jwt.check_user(token, family.user)
    return family


def _end_if_copied(family_id: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        TokenFamily.objects.filter(
            pk=family_id, ended_at=None, rotated_at__lt=now - REUSE_GRACE
        ).update(ended_at=now)
