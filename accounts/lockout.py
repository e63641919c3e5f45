"""How django-axes names people and answers those it locks out (the admin's log-in form)."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.backends import canonical_username

MAX_NAME = 150


def lockout_username(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """One name per person, so that other spellings of an e-mail don't buy more tries."""
    typed = (credentials or request.POST).get("username") or ""
    return canonical_username(str(typed).strip())[:MAX_NAME].replace("\0", "")


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: Mapping[str, Any] | None
) -> HttpResponse:
    answer = render(request, "accounts/locked.html", status=429)
    answer["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return answer
