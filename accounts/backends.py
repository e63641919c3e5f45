"""Log-in by user name or e-mail."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User


class UsernameOrEmailBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username and "@" in username:
            found = list(User.objects.filter(email__iexact=username)[:2])
            if len(found) == 1:
                username = found[0].username
        user = super().authenticate(request, username=username, password=password, **kwargs)
        return user if isinstance(user, User) else None
