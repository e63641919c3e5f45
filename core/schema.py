"""What the OpenAPI schema leaves out."""

from typing import Any

Endpoint = tuple[str, str, str, Any]


def without_twins(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Drop `/auth/login/` where `/auth/login` stands beside it."""
    paths = {path for path, *_ in endpoints}
    return [found for found in endpoints if found[0].rstrip("/") not in paths - {found[0]}]
