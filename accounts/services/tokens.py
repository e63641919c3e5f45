"""Bearer tokens: a short access token, and a refresh token that works once.

A refresh token used a second time is a sign that it was copied, so its whole family ends. Two
requests of one client that race within REUSE_GRACE only lose the race.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import Invitation, SocketTicket, TokenFamily, User
from core.lib.errors import DomainError
from core.lib.ids import new_id

REUSE_GRACE = timedelta(seconds=10)
FAMILY = "family"
MAX_TOKEN_LENGTH = 4096


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
    family = TokenFamily(id=new_id(), user=user)
    refresh = _new_refresh(family)
    family.current = refresh["jti"]
    family.rotated_at = timezone.now()
    family.expires_at = family.rotated_at + api_settings.REFRESH_TOKEN_LIFETIME
    family.save(force_insert=True)
    return _pair(refresh)


def rotate_tokens(*, refresh: str) -> TokenPair:
    """Exchange a refresh token for a new pair. Of several at once exactly one succeeds."""
    old = _decode_refresh(refresh)
    family = _live_family(old)
    new = _new_refresh(family)
    now = timezone.now()
    won = TokenFamily.objects.filter(pk=family.pk, current=old["jti"], ended_at=None).update(
        current=new["jti"], rotated_at=now, expires_at=now + api_settings.REFRESH_TOKEN_LIFETIME
    )
    if not won:
        _end_if_copied(family.pk)
        raise TokenRefused("This refresh token was used before; log in again.")
    return _pair(new)


def end_family(*, refresh: str) -> None:
    """Log out: the refresh token and every access token of its family end at once."""
    token = _decode_refresh(refresh)
    TokenFamily.objects.filter(pk=token.get(FAMILY), ended_at=None).update(ended_at=timezone.now())


def end_all_families(*, user: User) -> None:
    TokenFamily.objects.filter(user=user, ended_at=None).update(ended_at=timezone.now())


def user_of_access_token(raw: str | bytes) -> User:
    """The user of a valid access token, or TokenRefused."""
    if len(raw) > MAX_TOKEN_LENGTH:
        raise TokenRefused("This access token is not valid.")
    try:
        token = AccessToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise TokenRefused("This access token is not valid or has expired.") from error
    return _live_family(token).user


def delete_expired() -> int:
    """Forget log-ins, socket tickets and invitations past their time; returns how many."""
    past = Q(expires_at__lt=timezone.now())
    families, _ = TokenFamily.objects.filter(past).delete()
    tickets, _ = SocketTicket.objects.filter(past).delete()
    invitations, _ = Invitation.objects.filter(past, accepted_at=None).delete()
    return families + tickets + invitations


def _new_refresh(family: TokenFamily) -> RefreshToken:
    # Not for_user(): that would keep every token in a table of its own beside the family.
    token = RefreshToken()
    token[api_settings.USER_ID_CLAIM] = str(family.user.pk)
    token[api_settings.REVOKE_TOKEN_CLAIM] = get_md5_hash_password(family.user.password)
    token[FAMILY] = family.pk
    return token


def _pair(refresh: RefreshToken) -> TokenPair:
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME
    return TokenPair(str(refresh.access_token), str(refresh), int(lifetime.total_seconds()))


def _decode_refresh(raw: str) -> RefreshToken:
    if len(raw) > MAX_TOKEN_LENGTH:
        raise TokenRefused("This refresh token is not valid.")
    try:
        return RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise TokenRefused("This refresh token is not valid or has expired.") from error


def _live_family(token: AccessToken | RefreshToken) -> TokenFamily:
    """The token's family, when it goes on and its user may still log in."""
    family = (
        TokenFamily.objects.filter(pk=str(token.get(FAMILY, "")), ended_at=None)
        .select_related("user__business")
        .first()
    )
    user = family.user if family else None
    if family is None or user is None or not user.is_active:
        raise TokenRefused("This log-in has ended; log in again.")
    if str(user.pk) != token.get(api_settings.USER_ID_CLAIM):
        raise TokenRefused("This log-in has ended; log in again.")
    if token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise TokenRefused("The password was changed; log in again.")
    return family


def _end_if_copied(family_id: str) -> None:
    now = timezone.now()
    with transaction.atomic():
        TokenFamily.objects.filter(
            pk=family_id, ended_at=None, rotated_at__lt=now - REUSE_GRACE
        ).update(ended_at=now)
