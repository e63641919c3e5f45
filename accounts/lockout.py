"""How django-axes names the people whose failed log-ins it counts."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from accounts.backends import canonical_username

MAX_NAME = 150


def lockout_username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """One name per person, so that other spellings of an e-mail don't buy more tries."""
    typed = (credentials or request.POST).get("username") or ""
    return canonical_username(str(typed).strip())[:MAX_NAME].replace("\0", "")
