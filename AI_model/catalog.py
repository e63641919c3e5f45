"""What is known of vendors' models: limits, the parameters they take, and when they end.

Names that are not here get what is safe with their vendor. A dated name (gpt-4o-2024-08-06) is
looked up as the longest known name before a dash. Sources stand beside the rows, read 2026-11.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

ROOM = 1024
"""Tokens for thinking beside the answer, at the least effort that a model knows."""

LimitField = Literal["max_tokens", "max_completion_tokens", "max_output_tokens"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model as we ask it. Numbers are tokens; None = unknown.

    `effort`: the least thinking it can be told ("off", "none", "minimal", "low"); "" = don't say.
    `head_room`: what its thinking may take of the output besides the answer.
    `retires`: the day from which its vendor doesn't serve it; `successor` is what to use then.
    """

    vendor: str
    context: int | None = None
    output: int | None = None
    temperature: bool = True
    limit_field: LimitField = "max_tokens"
    effort: str = ""
    head_room: int = 0
    retires: date | None = None
    successor: str = ""

    def is_retired(self, *, today: date) -> bool:
        return self.retires is not None and self.retires <= today

    def cap(self, max_tokens: int) -> int:
        """What to ask for, so that an answer of `max_tokens` has room beside the thinking."""
        wanted = max_tokens + self.head_room
        return wanted if self.output is None else min(wanted, self.output)

    def with_room(self) -> "Model":
        """When it can't be told how little to think."""
        return replace(self, head_room=max(self.head_room, ROOM))


_MILLION = 1_048_576
# ai.google.dev/gemini-api/docs/models: one window for all of 2.5 and 3.
_GEMINI = Model("gemini", _MILLION, 65_536, limit_field="max_output_tokens", head_room=ROOM)
# docs.cloud.google.com, 3.5 Flash-Lite: temperature is ignored; python-genai#811: thinking eats
# the output.
_GEMINI_3 = replace(_GEMINI, temperature=False, effort="minimal")
_GEMINI_PRO = replace(_GEMINI_3, effort="low")
_GEMINI_OFF = replace(_GEMINI, effort="off", head_room=0)
_GEMINI_GONE = replace(
    _GEMINI, output=8_192, head_room=0, retires=date(2026, 6, 1), successor="gemini-3.5-flash-lite"
)
# gpt-5 and later answer 400 to max_tokens and to any temperature but 1: sttp-ai#490, khoj#1377.
_GPT = Model(
    "openai",
    400_000,
    128_000,
    temperature=False,
    limit_field="max_completion_tokens",
    effort="none",
    head_room=ROOM,
)
# developers.openai.com/api/docs/models/gpt-6-luna; the same window since 5.6.
_GPT_6 = replace(_GPT, context=1_050_000)
# gpt-5 and the o-series have no effort "none".
_GPT_5 = replace(_GPT, effort="low", retires=date(2026, 12, 11), successor="gpt-5.6-luna")
_O_SERIES = replace(_GPT_5, context=200_000, output=100_000, retires=date(2026, 10, 23))
# developers.openai.com/api/docs/deprecations, 2026-10-14.
_GPT_4O = Model("openai", 128_000, 16_384, retires=date(2027, 1, 14), successor="gpt-6-luna")
_GPT_41 = replace(_GPT_4O, context=1_047_576, output=32_768)
_GPT_GONE = Model("openai", 16_385, 4_096, retires=date(2026, 10, 23), successor="gpt-6-luna")
# platform.claude.com, API version 2026-10-21: temperature is refused for every model.
_CLAUDE = Model("anthropic", 200_000, 64_000, temperature=False)
# platform.claude.com/docs/en/models: adaptive thinking at medium effort unless told otherwise.
_CLAUDE_5 = replace(_CLAUDE, context=1_000_000, output=128_000, effort="low", head_room=2 * ROOM)
# anthropic SDK 2.11, DEPRECATED_MODELS.
_CLAUDE_GONE = replace(_CLAUDE, output=8_192, successor="claude-haiku-5-5")

MODELS: dict[str, Model] = {
    "gemini-3.8-flash": _GEMINI_3,
    "gemini-3.5-flash-lite": _GEMINI_3,
    # deprecations page: 2027-05-07.
    "gemini-3.1-flash-lite": replace(
        _GEMINI_3, retires=date(2027, 5, 7), successor="gemini-3.5-flash-lite"
    ),
    "gemini-2.5-flash-lite": _GEMINI_OFF,
    # deprecations page as quoted on 2026-11-10: calls are served by the successor from then on.
    "gemini-2.5-flash": replace(
        _GEMINI_OFF, retires=date(2026, 12, 1), successor="gemini-3.5-flash-lite"
    ),
    "gemini-2.5-pro": replace(_GEMINI, retires=date(2026, 12, 1), successor="gemini-3.8-flash"),
    "gemini-2.0": _GEMINI_GONE,
    # Absent from the SDK, from price lists and from the deprecations page: gone before 2.0 was.
    "gemini-1.5": _GEMINI_GONE,
    "gemini-1.5-pro": replace(_GEMINI_GONE, successor="gemini-3.8-flash"),
    "gemini-1.0": _GEMINI_GONE,
    "gemini-pro": _GEMINI_GONE,
    "gpt-6-luna": _GPT_6,
    "gpt-5.6-luna": _GPT_6,
    "gpt-5.4-mini": _GPT,
    # openai SDK 3.52, types/shared/chat_model.py names the dates of all below.
    "gpt-5.4-nano": replace(_GPT, retires=date(2027, 4, 1), successor="gpt-6-luna"),
    "gpt-5.1": replace(_GPT, retires=date(2027, 4, 1), successor="gpt-5.6-luna"),
    "gpt-5": _GPT_5,
    "gpt-5-chat-latest": replace(_GPT_5, retires=date(2026, 7, 23)),
    "gpt-4.1": _GPT_41,
    "gpt-4.1-nano": replace(_GPT_41, retires=date(2026, 10, 23)),
    "gpt-4o": _GPT_4O,
    "gpt-4o-2024-05-13": replace(_GPT_4O, retires=date(2026, 10, 23)),
    "gpt-4-turbo": replace(_GPT_GONE, context=128_000),
    "gpt-4": replace(_GPT_GONE, context=8_192, output=8_192),
    "gpt-3.5-turbo": _GPT_GONE,
    "o1": _O_SERIES,
    "o3": replace(_O_SERIES, retires=date(2026, 12, 11)),
    "o3-mini": _O_SERIES,
    "o4-mini": _O_SERIES,
    "claude-haiku-5-5": _CLAUDE_5,
    "claude-sonnet-5-5": _CLAUDE_5,
    "claude-sonnet-5": _CLAUDE_5,
    "claude-opus-5-5": _CLAUDE_5,
    "claude-opus-5": _CLAUDE_5,
    # platform.claude.com/docs/en/models/haiku-4-5: no effort; it thinks only when asked to.
    "claude-haiku-4-5": _CLAUDE,
    "claude-sonnet-4-5": replace(
        _CLAUDE, retires=date(2026, 11, 30), successor="claude-sonnet-5-5"
    ),
    "claude-opus-4-0": replace(_CLAUDE, retires=date(2026, 6, 15), successor="claude-opus-5-5"),
    "claude-opus-4-20250514": replace(
        _CLAUDE, retires=date(2026, 6, 15), successor="claude-opus-5-5"
    ),
    "claude-sonnet-4-0": replace(_CLAUDE, retires=date(2026, 6, 15), successor="claude-sonnet-5-5"),
    "claude-sonnet-4-20250514": replace(
        _CLAUDE, retires=date(2026, 6, 15), successor="claude-sonnet-5-5"
    ),
    "claude-3": replace(_CLAUDE_GONE, retires=date(2026, 2, 19)),
    "claude-2.1": replace(_CLAUDE_GONE, retires=date(2025, 7, 21)),
    "claude-2.0": replace(_CLAUDE_GONE, retires=date(2025, 7, 21)),
    "claude-instant": replace(_CLAUDE_GONE, retires=date(2024, 11, 6)),
    "embedded": Model("embedded", temperature=False),
}

# Of names that nobody knows yet, by how they begin; the first that fits.
FAMILIES: tuple[tuple[tuple[str, ...], Model], ...] = (
    (("gemini-2",), _GEMINI),
    (("gemini-",), _GEMINI_3),
    (("gemma",), replace(_GEMINI, context=None, output=None)),
    (("gpt-5.", "gpt-6", "gpt-7"), replace(_GPT, context=None)),
    (("gpt-5", "o1", "o3", "o4"), replace(_GPT_5, context=None, retires=None, successor="")),
)
UNKNOWN: dict[str, Model] = {
    "gemini": replace(_GEMINI, context=None, output=None),
    # Of a compatible server nobody knows anything: the fields that all of them know.
    "openai": Model("openai"),
    "anthropic": replace(_CLAUDE, context=None, output=None, head_room=2 * ROOM),
    "embedded": Model("embedded", temperature=False),
}


def known_model(name: str) -> Model | None:
    """By its exact name, else by the longest known one that a dash follows."""
    plain = bare_name(name)
    fitting = [known for known in MODELS if plain == known or plain.startswith(f"{known}-")]
    return MODELS[max(fitting, key=len)] if fitting else None


def model_facts(vendor: str, name: str) -> Model:
    """What is known of it, or what is safe with this vendor."""
    plain = bare_name(name)
    known = known_model(plain)
    if known is not None and known.vendor == vendor:
        return known
    for beginnings, model in FAMILIES:
        if model.vendor == vendor and plain.startswith(beginnings):
            return _pro(model, plain)
    return UNKNOWN.get(vendor, UNKNOWN["openai"])


def bare_name(name: str) -> str:
    """Gateways put the vendor before it: openai/gpt-6-luna, models/gemini-3.5-flash-lite."""
    return name.strip().lower().rsplit("/", 1)[-1]


def retirement(name: str, *, today: date) -> str:
    """One sentence with the successor when the vendor has shut this model down, else ""."""
    model = known_model(name)
    if model is None or not model.is_retired(today=today):
        return ""
    return f"{name} was shut down; use {model.successor}."


def retirement_ahead(name: str, *, today: date) -> str:
    """One sentence when its vendor has said when it ends, else ""."""
    model = known_model(name)
    if model is None or model.retires is None or model.retires <= today:
        return ""
    return f"{name} is shut down on {model.retires:%Y-%m-%d}; use {model.successor} from then on."


def _pro(model: Model, name: str) -> Model:
    """Gemini's pro models know no thinking less than low."""
    return _GEMINI_PRO if model is _GEMINI_3 and "pro" in name else model
