"""Which price holds for a call. The table is kept in the process for a few seconds."""

import time
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import Business
from AI_model.models import ModelPrice
from AI_model.providers.registry import configured

KEPT_SECONDS = 5.0
"""So soon an operator's new price counts in every process."""

Versions = dict[str, list[ModelPrice]]


@dataclass(frozen=True, slots=True)
class _Table:
    """By provider and model, the newest version first."""

    prices: dict[str, Versions]
    until: float


_kept: _Table | None = None


def price_for(*, provider: str, model: str, at: datetime | None = None) -> ModelPrice | None:
    """The version valid at that moment (now): of the name itself, else of the longest known name
    that the model's continues with a dash. None = no price is known."""
    versions = _table().prices.get(provider, {})
    moment = at or timezone.now()
    for name in _names(model, versions):
        for price in versions[name]:
            if price.valid_from <= moment:
                return price
    return None


def unpriced_models(business: Business) -> list[str]:
    """Models that may answer for the business, and of which nobody knows what they cost."""
    return [
        entry.model
        for entry in configured()
        if price_for(provider=entry.kind, model=entry.model) is None
    ]


def forget_prices() -> None:
    """The next look is into the database."""
    global _kept
    _kept = None


def _names(model: str, known: Versions) -> list[str]:
    fitting = [name for name in known if model == name or model.startswith(f"{name}-")]
    return sorted(fitting, key=len, reverse=True)


def _table() -> _Table:
    global _kept
    kept = _kept
    if kept is None or time.monotonic() >= kept.until:
        kept = _kept = _Table(_read(), time.monotonic() + KEPT_SECONDS)
    return kept


def _read() -> dict[str, Versions]:
    found: dict[str, Versions] = {}
    for price in ModelPrice.objects.order_by("-valid_from", "-pk"):
        found.setdefault(price.provider, {}).setdefault(price.model, []).append(price)
    return found
