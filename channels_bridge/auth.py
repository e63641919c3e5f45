"""Who opens a socket, from where, and whether they still may keep it."""

from dataclasses import dataclass
from http.cookies import CookieError
from importlib import import_module
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.http.request import validate_host

from accounts.models import User
from accounts.services.tickets import redeem_ticket
from accounts.services.tokens import TokenRefused, user_of_access_token

MAX_QUERY = 4096

Scope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credential:
    """What proves who it is: a session's key, a bearer token, a ticket, or the id it stood for."""

    kind: Literal["session", "bearer", "ticket", "user"]
    value: str


class SocketAuthMiddleware:
    """Refuses a foreign origin with 403, and sets `scope["user"]` and `scope["credential"]`."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        presented = present_credential(scope)
        if not _origin_fits(scope, presented):
            await refuse_handshake(receive, send)
            return
        user, credential = await _open(presented)
        await self.inner({**scope, "user": user, "credential": credential}, receive, send)


def header(scope: Scope, name: bytes) -> str | None:
    """A header of the handshake; when it came several times, all of them in one."""
    values = [value.decode("latin1") for key, value in scope["headers"] if key == name]
    return ", ".join(values) if values else None


def query_value(scope: Scope, name: str) -> str:
    query: str = scope.get("query_string", b"")[:MAX_QUERY].decode("latin1")
    try:
        return parse_qs(query, max_num_fields=20).get(name, [""])[0]
    except ValueError:
        return ""


def present_credential(scope: Scope) -> Credential | None:
    """The `Authorization` header counts before a ticket, and a ticket before the session."""
    scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
    if scheme:
        return Credential("bearer", token.strip() if scheme.lower() == "bearer" else "")
    if ticket := query_value(scope, "ticket"):
        return Credential("ticket", ticket)
    try:
        session = parse_cookie(header(scope, b"cookie") or "").get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        session = None
    return Credential("session", session) if session else None


def is_own_origin(origin: str, host: str) -> bool:
    """Whether pages of this origin are ours: of PUBLIC_URL, trusted, or of the host asked for."""
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return False
    if origin in {_origin_of(settings.PUBLIC_URL), *settings.CSRF_TRUSTED_ORIGINS}:
        return True
    if settings.HTTPS and parts.scheme != "https":
        return False
    name = parts.hostname or ""
    return parts.netloc.lower() == host.lower() and validate_host(name, settings.ALLOWED_HOSTS)


async def refuse_handshake(receive: Any, send: Any) -> None:
    """Close before accepting, which the server answers with 403."""
    await receive()
    await send({"type": "websocket.close"})


def user_of(credential: Credential) -> User | None:
    """The active user behind a credential; a ticket is used up by this."""
    match credential.kind:
        case "session":
            return _user_of_session(credential.value)
        case "bearer":
            return _user_of_bearer(credential.value)
        case "ticket":
            return redeem_ticket(credential.value)
        case "user":
            return User.objects.filter(pk=credential.value, is_active=True).first()


@database_sync_to_async
def current_user(credential: Credential) -> User | None:
    return user_of(credential)


async def _open(presented: Credential | None) -> tuple[User | None, Credential | None]:
    user = await current_user(presented) if presented else None
    if user is None or presented is None:
        return None, None
    lasting = Credential("user", str(user.pk)) if presented.kind == "ticket" else presented
    return user, lasting


def _origin_fits(scope: Scope, presented: Credential | None) -> bool:
    """Scripts send no Origin; a browser does, and only a browser sends a cookie unasked."""
    origin = header(scope, b"origin")
    if origin is None:
        return presented is None or presented.kind != "session"
    return is_own_origin(origin, header(scope, b"host") or "")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _user_of_session(key: str) -> User | None:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user(request)
    return user if isinstance(user, User) else None


def _user_of_bearer(token: str) -> User | None:
    try:
        return user_of_access_token(token)
    except TokenRefused:
        return None
