"""The ledger: a row for every call to a model, whatever came of it."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from accounts.models import User
from AI_model.generation import CallRecord
from AI_model.models import AIRun, UsageRecord
from AI_model.money import cost_nanos
from AI_model.services.prices import price_for
from core.lib.prepared import insert_rows


def record_calls(
    *,
    business_id: str,
    purpose: str,
    calls: Iterable[CallRecord],
    run: AIRun | None = None,
    conversation_id: str | None = None,
    user: User | None = None,
) -> list[UsageRecord]:
    """Write them down in the transaction of whatever they were made for."""
    common: dict[str, Any] = {
        "business_id": business_id,
        "run": run,
        "conversation_id": conversation_id or (run.conversation_id if run else None),
        "user": user,
        "purpose": purpose,
    }
    rows = [UsageRecord(**common, **_facts(call)) for call in calls]
    insert_rows(rows)
    return rows


def _facts(call: CallRecord) -> dict[str, Any]:
    """`money_nanos` is None when no price is known."""
    price, usage = price_for(provider=call.provider, model=call.model), call.usage
    return {
        "provider": call.provider,
        "model": call.model,
        **asdict(usage),
        "milliseconds": call.milliseconds,
        "outcome": call.outcome,
        "price": price,
        "money_nanos": None if price is None else cost_nanos(usage, price),
    }
