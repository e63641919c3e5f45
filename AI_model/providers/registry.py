"""Which providers exist and which are configured. Importing this imports no SDK."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from AI_model.providers.base import Provider

if TYPE_CHECKING:
    from AI_model.providers.hosted import HostedProvider, Own

PATHS = {
    "gemini": "AI_model.providers.gemini.GeminiProvider",
    "openai": "AI_model.providers.openai_compatible.OpenAICompatibleProvider",
    "anthropic": "AI_model.providers.anthropic.AnthropicProvider",
    "embedded": "AI_model.providers.embedded.EmbeddedProvider",
}
OPENAI_HOST = "api.openai.com"
LEGACY_GEMINI = "AI_model.providers.google_generativeai.GoogleGenerativeAIProvider"
LEGACY_PACKAGE = "google-generativeai==0.8.6"
LEGACY_REMEDY = f"Install it with pip install {LEGACY_PACKAGE}, or unset GEMINI_SDK."


READABLE: dict[str, dict[str, frozenset[str]]] = {
    "gemini": {
        "images": frozenset({"image/png", "image/jpeg", "image/webp"}),
        "audio": frozenset(
            {"audio/ogg", "audio/mpeg", "audio/mp4", "audio/wav", "audio/webm"},
        ),
    },
    "openai": {
        "images": frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"}),
        "audio": frozenset({"audio/wav", "audio/mpeg"}),
    },
    "anthropic": {
        "images": frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"}),
    },
}
"""What each vendor takes, by the words of the settings *_READS. Facts: their docs, read 2026-11."""


@dataclass(frozen=True, slots=True)
class Configured:
    """A provider that the operator's settings allow, in the order of the fallback chain."""

    kind: str
    model: str
    api_key: str = ""
    base_url: str = ""
    reads: tuple[str, ...] = ()

    @property
    def is_vendors_own(self) -> bool:
        """False at another's server, where a vendor's name may stand for anything."""
        return self.kind != "openai" or urlsplit(self.base_url).hostname == OPENAI_HOST

    @property
    def setting(self) -> str:
        """Where the operator names the model."""
        return f"{self.kind.upper()}_MODEL"

    @property
    def media(self) -> frozenset[str]:
        """Types of files that it can be shown."""
        known = READABLE.get(self.kind, {})
        return frozenset().union(*(known.get(what, ()) for what in self.reads))

    def build(self) -> Provider:
        provider_class = provider_class_of(self.kind)
        hosted = {"api_key": self.api_key, "base_url": self.base_url} if self.base_url else {}
        return provider_class(model=self.model, **hosted)


def own_provider(
    *, kind: str, model: str, api_key: str, base_url: str, own: "Own"
) -> "HostedProvider":
    """A model at an address of a business; always through its own vendor's present library."""
    found: type[HostedProvider] = _load(PATHS[kind])
    return found(model=model, api_key=api_key, base_url=base_url, own=own)


def provider_class_of(kind: str) -> Callable[..., Provider]:
    """Imports the SDK of `kind` on first use; KeyError for an unknown kind."""
    path = LEGACY_GEMINI if kind == "gemini" and wants_legacy_gemini() else PATHS[kind]
    found: Callable[..., Provider] = _load(path)
    return found


def _load(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def wants_legacy_gemini() -> bool:
    return bool(settings.GEMINI_SDK == "google-generativeai")


def lacks_legacy_gemini() -> bool:
    """True when Gemini is to go through a library that is not installed."""
    used = wants_legacy_gemini() and "gemini" in configured_names()
    return used and find_spec("google.generativeai") is None


def configured() -> list[Configured]:
    """From the settings: a hosted one needs its key, the embedded one its switch."""
    s = settings
    hosted = [
        Configured("gemini", s.GEMINI_MODEL, s.GEMINI_API_KEY, s.GEMINI_API_BASE, s.GEMINI_READS),
        Configured("openai", s.OPENAI_MODEL, s.OPENAI_API_KEY, s.OPENAI_BASE_URL, s.OPENAI_READS),
        Configured(
            "anthropic",
            s.ANTHROPIC_MODEL,
            s.ANTHROPIC_API_KEY,
            s.ANTHROPIC_BASE_URL,
            s.ANTHROPIC_READS,
        ),
    ]
    embedded = [Configured("embedded", "embedded")] if s.EMBEDDED_ANSWERS else []
    return [entry for entry in hosted if entry.api_key] + embedded


def configured_names() -> list[str]:
    """Kinds of the configured providers, in order: "gemini", "openai", "anthropic", "embedded"."""
    return [entry.kind for entry in configured()]


def model_choices() -> list[str]:
    """What `model_name` may be."""
    return [entry.model for entry in configured()]


def configured_chain(*, model_name: str = "") -> list[Provider]:
    """The chain with the chosen model first; an unknown name changes nothing."""
    return [entry.build() for entry in _in_order(model_name)]


def reading_chain(*, mimes: Collection[str], model_name: str = "") -> list[Provider]:
    """The part of the chain that can be shown all of these types of files."""
    return [entry.build() for entry in _in_order(model_name) if entry.media.issuperset(mimes)]


def readable_types() -> frozenset[str]:
    """Types of files that any configured provider can be shown."""
    return frozenset().union(*(entry.media for entry in configured()))


def _in_order(model_name: str) -> list[Configured]:
    return sorted(configured(), key=lambda entry: entry.model != model_name)
