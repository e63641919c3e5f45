"""Log-in by user name or e-mail."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User


def canonical_username(typed: str) -> str:
    """The user name that a log-in means: as typed, or the one person's who has this e-mail."""
    if "@" not in typed or "\0" in typed or User.objects.filter(username=typed).exists():
        return typed
    found = list(User.objects.filter(email__iexact=typed).values_list("username", flat=True)[:2])
    return found[0] if len(found) == 1 else typed


class UsernameOrEmailBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        name = canonical_username(username) if username else username
        user = super().authenticate(request, username=name, password=password, **kwargs)
        return user if isinstance(user, User) else None
