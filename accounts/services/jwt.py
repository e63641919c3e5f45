"""The tokens themselves: what is signed into them, and what is read out of them.

Apart from `tokens`, because the library takes megabytes that workers never use.
"""

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.models import TokenFamily, User
from accounts.services.tokens import TokenPair, TokenRefused

FAMILY = "family"
MAX_TOKEN_LENGTH = 4096
REFRESH_LIFETIME = api_settings.REFRESH_TOKEN_LIFETIME


def new_refresh(family: TokenFamily) -> RefreshToken:
    # Not for_user(): that would keep every token in a table of its own beside the family.
    token = RefreshToken()
    token[api_settings.USER_ID_CLAIM] = str(family.user.pk)
    token[api_settings.REVOKE_TOKEN_CLAIM] = get_md5_hash_password(family.user.password)
    token[FAMILY] = family.pk
    return token


def pair_of(refresh: RefreshToken) -> TokenPair:
    lifetime = api_settings.ACCESS_TOKEN_LIFETIME
    return TokenPair(str(refresh.access_token), str(refresh), int(lifetime.total_seconds()))


def read_refresh(raw: str) -> RefreshToken:
    if len(raw) > MAX_TOKEN_LENGTH:
        raise TokenRefused("This refresh token is not valid.")
    try:
        return RefreshToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise TokenRefused("This refresh token is not valid or has expired.") from error


def read_access(raw: str | bytes) -> AccessToken:
    if len(raw) > MAX_TOKEN_LENGTH:
        raise TokenRefused("This access token is not valid.")
    try:
        return AccessToken(raw)  # type: ignore[arg-type]
    except TokenError as error:
        raise TokenRefused("This access token is not valid or has expired.") from error


def family_of(token: Token) -> str:
    return str(token.get(FAMILY, ""))


def check_user(token: Token, user: User) -> None:
    """Refuse a token of somebody else, or from before the password was changed."""
    if str(user.pk) != token.get(api_settings.USER_ID_CLAIM):
        raise TokenRefused("This log-in has ended; log in again.")
    if token.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
        raise TokenRefused("The password was changed; log in again.")
