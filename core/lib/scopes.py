"""What an API key may do: an area of the API, to read it or to write in it.

A view names its area (`scope_area`); a key needs `area:read` for GET, HEAD and OPTIONS, and
`area:write` for the rest. Writing does not include reading.
"""

from collections.abc import Iterable
from typing import Any

from core.lib.errors import DomainError

PEOPLE_ONLY = "people"
"""The area of views that no key may use."""

AREAS = {
    "conversations": "Conversations, their messages, files and customers",
    "channels": "Channels and their health",
    "knowledge": "Knowledge entries",
    "settings": "Settings of the AI, prompts, and the log of webhooks",
    "usage": "Tokens, money and analytics",
    "ai": "Questions to the AI, its sessions, drafts and reasons, and who answers",
}
DEEDS = {"read": "read", "write": "change"}
NOTHING_TO_WRITE = {"usage:write"}
SCOPES = {
    f"{area}:{deed}": f"{what}: {word}"
    for area, what in AREAS.items()
    for deed, word in DEEDS.items()
    if f"{area}:{deed}" not in NOTHING_TO_WRITE
}
READING = {"GET", "HEAD", "OPTIONS"}


class ScopeMissing(DomainError):
    """The key may not do this."""

    status = 403
    code = "scope_missing"


def scope_for(area: str, method: str) -> str:
    """The scope that a request needs."""
    return f"{area}:{'read' if method in READING else 'write'}"


def check_key(key: Any, *, area: str, method: str) -> None:
    """Refuse a key (anything with `scopes`) without the scope; whatever else is no key passes."""
    held: Iterable[str] | None = getattr(key, "scopes", None)
    if held is None:
        return
    if area not in AREAS:
        raise ScopeMissing("API keys can't be used here. Log in as a person.", code="people_only")
    needed = scope_for(area, method)
    if needed not in held:
        raise ScopeMissing(f"This API key lacks the scope {needed}. Make one that has it.")
