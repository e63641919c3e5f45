"""Which price holds for a call. The table is kept in the process for a few seconds."""

import time
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from accounts.models import Business
from AI_model.models import ModelPrice
from AI_model.providers.registry import configured
from AI_model.services.models import own_models

KEPT_SECONDS = 5.0
"""So soon an operator's new price counts in every process."""

Versions = dict[str, list[ModelPrice]]


class PriceList:
    """All prices, by provider and model, the newest version first; read again every few seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, Versions] = {}
        self._until = 0.0

    def of(self, provider: str) -> Versions:
        if self._clock() >= self._until:
            self._kept, self._until = _read(), self._clock() + KEPT_SECONDS
        return self._kept.get(provider, {})

    def forget(self) -> None:
        self._until = 0.0


_list = PriceList()


def price_for(*, provider: str, model: str, at: datetime | None = None) -> ModelPrice | None:
    """The version valid at that moment (now): of the name itself, else of the longest known name
    that the model's continues with a dash. None = no price is known."""
    versions = _list.of(provider)
    moment = at or timezone.now()
    for name in _names(model, versions):
        for price in versions[name]:
            if price.valid_from <= moment:
                return price
    return None


def unpriced_models(business: Business) -> list[str]:
    """Models that may answer for the business, and of which nobody knows what they cost."""
    asked = [(entry.kind, entry.model) for entry in configured()]
    asked += [(row.endpoint.kind, row.model_id) for row in own_models(business_id=business.pk)]
    known = {(kind, model): price_for(provider=kind, model=model) for kind, model in asked}
    return [model for (_, model), price in known.items() if price is None]


def forget_prices() -> None:
    """The next look is into the database."""
    _list.forget()


def _names(model: str, known: Versions) -> list[str]:
    fitting = [name for name in known if model == name or model.startswith(f"{name}-")]
    return sorted(fitting, key=len, reverse=True)


def _read() -> dict[str, Versions]:
    found: dict[str, Versions] = {}
    for price in ModelPrice.objects.order_by("-valid_from", "-pk"):
        found.setdefault(price.provider, {}).setdefault(price.model, []).append(price)
    return found
