"""`Authorization: Bearer <access token>`."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from accounts.services import TokenRefused, user_of_access_token


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, None] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            return user_of_access_token(token.strip()), None
        except TokenRefused as error:
            raise AuthenticationFailed(error.detail, code=error.code) from error

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
