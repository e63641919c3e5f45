"""On which pages a business lets its chat run."""

import re
from urllib.parse import urlsplit

from django.conf import settings

from core.lib.errors import DomainError
from messaging.models import Channel

MAX_ORIGINS = 50
HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\]")
USUAL_PORTS = {"http": 80, "https": 443}


def read_origin(text: str) -> str:
    """An origin as browsers send it: lower case, no usual port. Raises DomainError."""
    trimmed = text.strip().removesuffix("/")
    try:
        parts = urlsplit(trimmed)
        host, port = _ascii_host(parts.netloc), parts.port
    except ValueError:
        raise _no_origin(text) from None
    rest = parts.path or parts.query or parts.fragment or trimmed.endswith(("?", "#"))
    if parts.scheme not in USUAL_PORTS or not HOST.fullmatch(host) or rest or port == 0:
        raise _no_origin(text)
    usual = port is None or port == USUAL_PORTS[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if usual else f":{port}")


def read_origins(texts: list[str]) -> list[str]:
    if len(texts) > MAX_ORIGINS:
        raise DomainError(f"At most {MAX_ORIGINS} pages; these are {len(texts)}.")
    return list(dict.fromkeys(read_origin(text) for text in texts))


def allowed_origins(channel: Channel) -> list[str]:
    """The owner's list; empty = any page, for a visitor's token is the only credential."""
    listed = channel.settings.get("allowed_origins")
    return (
        [str(origin).rstrip("/").lower() for origin in listed] if isinstance(listed, list) else []
    )


def origin_allowed(channel: Channel, origin: str | None) -> bool:
    """Scripts send no Origin; our own pages are always allowed."""
    allowed = allowed_origins(channel)
    if not allowed or origin is None:
        return True
    own = urlsplit(settings.PUBLIC_URL)
    return origin.lower() in {*allowed, f"{own.scheme}://{own.netloc}".lower()}


def _ascii_host(place: str) -> str:
    """Without its port; names of other scripts as browsers write them."""
    host = re.sub(r":[0-9]+$", "", place).lower()
    return host if host.isascii() else host.encode("idna").decode()


def _no_origin(text: str) -> DomainError:
    return DomainError(
        f"“{text.strip()[:80]}” is not the address of a site. Write it like https://shop.example, "
        "without a path."
    )
