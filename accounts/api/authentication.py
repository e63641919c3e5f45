"""`Authorization: Bearer <access token or API key>`."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiKey, User
from accounts.services import TokenRefused, user_of_access_token
from accounts.services.keys import PREFIX, user_of_key

Who = tuple[User, ApiKey | None]


class BearerAuthentication(BaseAuthentication):
    """`request.user` is who logged in or made the key, `request.auth` the key or None."""

    def authenticate(self, request: Request) -> Who | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            return who_is(token.strip())
        except TokenRefused as error:
            raise AuthenticationFailed(error.detail, code=error.code) from error

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def who_is(token: bytes) -> Who:
    if token.startswith(PREFIX.encode()):
        return user_of_key(token.decode("latin-1"))
    return user_of_access_token(token), None
