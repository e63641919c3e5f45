"""Every address of the URLconf, for tests that must not forget one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
PLACE = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
CSRF = re.compile(rb'[A-Za-z0-9]{64}|nonce="[^"]+"')
OUR_APPS = ("accounts", "settings_app", "messaging", "AI_model", "ai_chat")


@dataclass(frozen=True, slots=True)
class Route:
    """One pattern as it stands in the URLconf, and the names of its places."""

    pattern: str
    parameters: tuple[str, ...]

    def path(self, values: Mapping[str, object]) -> str:
        """An address; KeyError when a place has no value."""
        filled = PLACE.sub(lambda found: str(values[found[1] or found[2]]), self.pattern)
        return "/" + filled.replace("\\Z", "").replace("$", "").replace("^", "")


def all_routes() -> list[Route]:
    """In the order of the URLconf, each pattern once."""
    found = {
        pattern: _parameters(pattern) for pattern in _patterns(get_resolver().url_patterns, "")
    }
    return [Route(pattern, parameters) for pattern, parameters in found.items()]


def routes_with_ids(*, but: str = "admin/") -> list[Route]:
    """Routes that name an object, save those that begin with `but`."""
    return [
        route for route in all_routes() if route.parameters and not route.pattern.startswith(but)
    ]


def snapshot() -> dict[str, list[dict[str, Any]]]:
    """Every row of ours, to compare before and after."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for label in OUR_APPS
        for model in apps.get_app_config(label).get_models()
    }


def comparable(body: bytes) -> bytes:
    """A body without what differs from one answer to the next by itself."""
    return CSRF.sub(b"", body)


def _patterns(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for item in patterns:
        here = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from _patterns(item.url_patterns, here)
        else:
            yield here


def _parameters(pattern: str) -> tuple[str, ...]:
    return tuple(found[1] or found[2] for found in PLACE.finditer(pattern))
