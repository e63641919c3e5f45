"""Why the AI can't serve a business. The answer comes from the room above, which registers it."""

from collections.abc import Callable

_ask: Callable[[str], list[str]] | None = None


def register_obstacles(ask: Callable[[str], list[str]]) -> None:
    """Called once at start by the app that knows about models and their settings."""
    global _ask
    _ask = ask


def ai_obstacles(business_id: str) -> list[str]:
    """Sentences that say why the AI can't answer now; empty when it can."""
    return _ask(business_id) if _ask else ["No AI is installed."]
