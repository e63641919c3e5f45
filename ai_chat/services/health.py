"""Whether the chat can answer: OpenAI is asked for its models, by one caller a minute at most."""

import threading
import time
from dataclasses import dataclass

from AI_model.providers.base import ProviderError
from AI_model.providers.registry import Configured, configured
from core.lib.clock import Deadline
from core.lib.hands import waiting

KEPT_SECONDS = 60.0
LOOK_SECONDS = 5.0
CONNECTED, DISCONNECTED, NOT_CONFIGURED = "connected", "disconnected", "not_configured"

# A server that lists no models, or wants to be asked less often, is there.
ANSWERS = frozenset({"model_not_found", "rate_limited"})


@dataclass(slots=True)
class _Kept:
    about: Configured | None = None
    state: str = ""
    until: float = 0.0


_kept = _Kept()
_looking = threading.Lock()


def openai_state() -> str:
    """CONNECTED, DISCONNECTED or NOT_CONFIGURED; as it was up to KEPT_SECONDS ago."""
    entry = next((one for one in configured() if one.kind == "openai"), None)
    if entry is None:
        return NOT_CONFIGURED
    fresh = _kept.about == entry and time.monotonic() < _kept.until
    # While one looks, the others hear what was known before.
    if not fresh and _looking.acquire(blocking=_kept.about != entry):
        try:
            _look(entry)
        finally:
            _looking.release()
    return _kept.state


def is_healthy(openai: str) -> bool:
    """A disconnected OpenAI leaves a chat healthy only where another model is there."""
    others = [one for one in configured() if one.kind != "openai"]
    return openai == CONNECTED or bool(others)


def _look(entry: Configured) -> None:
    if _kept.about == entry and time.monotonic() < _kept.until:
        return
    state = _ask(entry)
    _kept.about, _kept.state, _kept.until = entry, state, time.monotonic() + KEPT_SECONDS


def _ask(entry: Configured) -> str:
    from AI_model.providers.hosted import HostedProvider

    provider = entry.build()
    assert isinstance(provider, HostedProvider)
    try:
        with waiting():
            provider.offered_models(Deadline.after(LOOK_SECONDS))
    except ProviderError as error:
        return CONNECTED if error.code in ANSWERS else DISCONNECTED
    return CONNECTED
