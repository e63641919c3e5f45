"""The ledger: a row for every call to a model, whatever came of it."""

from collections.abc import Iterable

from accounts.models import User
from AI_model.generation import CallRecord
from AI_model.models import AIRun, UsageRecord
from core.lib.prepared import insert_rows


def record_calls(
    *,
    business_id: str,
    purpose: str,
    calls: Iterable[CallRecord],
    run: AIRun | None = None,
    conversation_id: str | None = None,
    user: User | None = None,
) -> None:
    """Write them down in the transaction of whatever they were made for."""
    rows = [
        UsageRecord(
            business_id=business_id,
            run=run,
            conversation_id=conversation_id or (run.conversation_id if run else None),
            user=user,
            purpose=purpose,
            provider=call.provider,
            model=call.model,
            tokens_in=call.usage.tokens_in,
            tokens_out=call.usage.tokens_out,
            tokens_cached=call.usage.tokens_cached,
            tokens_thinking=call.usage.tokens_thinking,
            milliseconds=call.milliseconds,
            outcome=call.outcome,
        )
        for call in calls
    ]
    insert_rows(rows)
