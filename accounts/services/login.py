"""Proving who one is with a password, and what happens to those who guess."""

import hashlib

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils import timezone

from accounts.backends import canonical_username
from accounts.models import User
from core.lib.errors import DomainError
from core.lib.ratelimit import hit

TRIES_PER_MINUTE = 60
SIGN_UPS_PER_MINUTE = 60
# Above the lock of one person at one address: many people from one address, one from many.
FAILURES_PER_ADDRESS = 100
FAILURES_PER_PERSON = 100


class LoginRefused(DomainError):
    """The same words whether the person is unknown, inactive, or the password is wrong."""

    status = 401
    code = "invalid_credentials"


class TooManyTries(DomainError):
    status = 429
    code = "too_many_tries"

    def __init__(self, retry_after: float, what: str = "tries to log in") -> None:
        super().__init__(f"Too many {what}; wait a while and try again.")
        self.retry_after = max(1, round(retry_after))


def log_in_with_password(*, request: HttpRequest, username: str, password: str) -> User:
    """The user, or LoginRefused or TooManyTries. Begins no session and issues no token."""
    _slow_down(request, username)
    user = authenticate(request, username=username, password=password)
    if isinstance(user, User):
        return user
    if getattr(request, "axes_locked_out", False):
        # Answered here, so that axes does not put its own page over ours.
        request.axes_locked_out = False  # type: ignore[attr-defined]
        raise TooManyTries(settings.AXES_COOLOFF_TIME.total_seconds())
    raise LoginRefused("User name or password is wrong.")


def note_login(*, request: HttpRequest, user: User) -> None:
    """Tell those who listen for log-ins; `login()` does this for sessions by itself."""
    user_logged_in.send(sender=User, request=request, user=user)


def _slow_down(request: HttpRequest, username: str) -> None:
    address, name = client_address(request), canonical_username(username)
    key = hashlib.sha256(f"{address} {name}".encode()).hexdigest()[:32]
    state = hit(f"login:{key}", TRIES_PER_MINUTE, 60)
    if not state.allowed:
        raise TooManyTries(state.retry_after)
    if _failures(Q(ip_address=address)) >= FAILURES_PER_ADDRESS:
        raise TooManyTries(settings.AXES_COOLOFF_TIME.total_seconds())
    if _failures(Q(username=name)) >= FAILURES_PER_PERSON:
        raise TooManyTries(settings.AXES_COOLOFF_TIME.total_seconds())


def check_sign_up_rate(address: str) -> None:
    """TooManyTries when one address makes businesses by the dozen."""
    state = hit(f"sign-up:{address}", SIGN_UPS_PER_MINUTE, 60)
    if not state.allowed:
        raise TooManyTries(state.retry_after, "new businesses from your address")


def client_address(request: HttpRequest) -> str:
    # The server puts a trusted proxy's X-Forwarded-For here; the header itself proves nothing.
    return str(request.META.get("REMOTE_ADDR") or "127.0.0.1")


def _failures(whose: Q) -> int:
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    recent = AccessAttempt.objects.filter(whose, attempt_time__gt=since)
    return recent.aggregate(total=Sum("failures_since_start"))["total"] or 0
