"""Budgets around calls to models: who may call, what it cost, and how much is left.

A business without limits costs no statement. See docs/decisions/0022-holds-before-calls.md.
"""

import random
import time
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from accounts.models import Business
from AI_model.budgets import Amount, AtLimit, Budgets, Limit, State
from AI_model.generation import CallRecord
from AI_model.metering import Meter, most_usage
from AI_model.models import AIModelConfig, ModelPrice
from AI_model.money import cost_nanos
from AI_model.providers.base import CompletionRequest, Provider, ProviderError
from AI_model.selectors import config_of
from AI_model.services.prices import price_for
from AI_model.services.spending import (
    Hold,
    Limits,
    release_expired,
    settle_hold,
    spending_rows,
    spent_of,
    take_hold,
    tell_state,
)
from core.lib.clock import Deadline
from core.lib.hands import waiting, working
from core.lib.pool import release_connection
from core.lib.ratelimit import hit

HOUR = 3600.0
WAIT_SECONDS = 5.0
"""How long a call waits for running ones to give back what they hold and don't need."""
WAIT_SHARE = 0.5
POLL_SECONDS = 0.1
HOLD_MARGIN = 30.0
"""Beyond the request's deadline: a hold that lapses while its call runs would hold nothing."""


def meter_for(
    *, business: Business, config: AIModelConfig, conversation_id: str | None
) -> Meter | None:
    """None when the business has no limit; then its calls cost no statement."""
    budgets = Budgets.read(config.budgets)
    return SpendingMeter(business, budgets, conversation_id) if budgets.limits else None


def meter_of(business_id: str) -> Meter | None:
    """For calls that belong to no conversation."""
    configs = AIModelConfig.objects.select_related("business").filter(business_id=business_id)
    config = configs.first()
    if config is None:
        return None
    return meter_for(business=config.business, config=config, conversation_id=None)


@dataclass(slots=True)
class SpendingMeter:
    """The Meter of one request. Touches the database before and after each call, never during."""

    business: Business
    budgets: Budgets
    conversation_id: str | None
    refused: bool = False

    def admit(self, provider: Provider, request: CompletionRequest) -> Hold | None:
        if self.refused and self.budgets.at_limit is AtLimit.PERSON:
            raise _over_budget()
        if provider.local:
            return None
        price = price_for(provider=provider.kind, model=provider.model)
        try:
            return self._admit(provider, request, price)
        finally:
            release_connection()

    def _admit(
        self, provider: Provider, request: CompletionRequest, price: ModelPrice | None
    ) -> Hold:
        limits = self._limits()
        if price is None and any(limit.nanos is not None for limit in limits.values()):
            raise _unpriced(provider)
        usage = most_usage(provider, request)
        nanos = cost_nanos(usage, price) if price is not None else 0
        most = Amount(usage.tokens_in + usage.tokens_out, nanos)
        if price is not None and nanos == 0:
            spending_rows(self.business, limits)
            return Hold(limits, price)
        return self._take(Hold(limits, price, most), request.deadline)

    def _limits(self) -> Limits:
        zone = ZoneInfo(self.business.timezone)
        return self.budgets.by_scope(
            at=timezone.now(), zone=zone, conversation_id=self.conversation_id
        )

    def _take(self, wanted: Hold, deadline: Deadline) -> Hold:
        """Wait while only running calls are in the way."""
        patience = Deadline.after(min(WAIT_SECONDS, deadline.remaining() * WAIT_SHARE))
        pause = 0.0
        while True:
            seconds = deadline.remaining() + HOLD_MARGIN
            with working():
                hold = take_hold(business_id=self.business.pk, hold=wanted, seconds=seconds)
                if hold is not None:
                    return hold
                self._make_room(wanted.limits)
            if patience.passed:
                raise self._refuse()
            with waiting():
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
            pause = POLL_SECONDS

    def _make_room(self, limits: Limits) -> None:
        """Make rows that are missing and release what dead workers hold; raise if all is spent."""
        rows = spending_rows(self.business, limits)
        states = [limit.state(spent_of(rows[scope])) for scope, limit in limits.items()]
        if State.REACHED in states:
            with transaction.atomic():
                for scope, limit in limits.items():
                    tell_state(business=self.business, row=rows[scope], limit=limit)
            raise self._refuse()
        release_expired(self.business.pk)

    def _refuse(self) -> ProviderError:
        self.refused = True
        return _over_budget()

    def settle(self, hold: object, record: CallRecord | None) -> None:
        if not isinstance(hold, Hold):
            return
        spent = Amount() if record is None else _cost_of(record, hold)
        with working():
            settle_hold(business=self.business, hold=hold, spent=spent)
        release_connection()


def _cost_of(record: CallRecord, hold: Hold) -> Amount:
    """As the ledger counts it; a model that answers under an unknown name costs what was held."""
    price = price_for(provider=record.provider, model=record.model) or hold.price
    nanos = 0 if price is None else cost_nanos(record.usage, price)
    return Amount(record.usage.tokens_in + record.usage.tokens_out, nanos)


def _over_budget() -> ProviderError:
    return ProviderError("over_budget", "The AI budget is used up.", permanent=True)


def _unpriced(provider: Provider) -> ProviderError:
    detail = f"No price is known for {provider.model}, so it can't answer within a money budget."
    return ProviderError("unpriced", detail, permanent=True)


def too_many_answers(*, business_id: str, customer_id: object, config: AIModelConfig) -> bool:
    """Count one answer of a model that costs something; True beyond the limit of an hour."""
    return _too_many("answers", business_id, customer_id, config)


def too_many_readings(*, business_id: str, customer_id: object, config: AIModelConfig) -> bool:
    """The same for files that a model reads: as many again, so that an answer is left for them."""
    return _too_many("readings", business_id, customer_id, config)


def _too_many(what: str, business_id: str, customer_id: object, config: AIModelConfig) -> bool:
    budgets = Budgets.read(config.budgets)
    customer, business = f"{what}:customer:{business_id}:{customer_id}", f"{what}:{business_id}"
    if not hit(customer, budgets.customer_answers, HOUR).allowed:
        return True
    most = budgets.business_answers
    return most is not None and not hit(business, most, HOUR).allowed


def budget_states(business: Business) -> list[dict[str, Any]]:
    """Day and month now: name, scope, limit, spent (tokens, or dollars), share, state."""
    config = config_of.first(business_id=business.pk)
    standing = standing_scopes(business, Budgets.read(config.budgets)) if config else {}
    return [
        shown for scope, (limit, spent) in standing.items() for shown in _shown(scope, limit, spent)
    ]


def standing_scopes(business: Business, budgets: Budgets) -> dict[str, tuple[Limit, Amount]]:
    """The limits of today and of this month, and what is spent."""
    zone = ZoneInfo(business.timezone)
    limits = budgets.by_scope(at=timezone.now(), zone=zone, conversation_id=None)
    rows = spending_rows(business, limits) if limits else {}
    return {scope: (limit, spent_of(rows[scope])) for scope, limit in limits.items()}


def _shown(scope: str, limit: Limit, spent: Amount) -> list[dict[str, Any]]:
    return [
        {
            "name": standing.name,
            "scope": scope,
            "limit": standing.shown(standing.limit),
            "spent": standing.shown(standing.spent),
            "share": round(standing.share, 4),
            "state": standing.state.value,
        }
        for standing in limit.standings(spent)
    ]
