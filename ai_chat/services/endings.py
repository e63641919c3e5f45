"""How an answer ends: done, stopped or failed, with its cost, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ai_chat.models import AIMessage
from ai_chat.services.claims import Claim, advance_chat, lapsed
from ai_chat.signals import answer_ended
from AI_model.generation import CallRecord
from AI_model.models import UsageRecord
from AI_model.services.ledger import record_calls
from core.lib.returning import update_returning

PURPOSE = "chat"
INTERRUPTED = {
    "code": "interrupted",
    "detail": "Writing this answer was interrupted. What came until then is kept; ask again.",
}
State = AIMessage.State


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of an answer; times in milliseconds, `failure` as {code, detail}."""

    state: State
    text: str
    calls: Sequence[CallRecord] = ()
    context: dict[str, Any] = field(default_factory=dict)
    failure: dict[str, str] | None = None
    first_word_ms: int | None = None
    response_time_ms: int | None = None


def end_answer(*, claim: Claim, user: User, ending: Ending) -> AIMessage | None:
    """Write it down if the claim still holds; its calls are in the ledger either way.

    An answer that was stopped meanwhile stays so, and gets the tail that its writer had.
    """
    message = claim.message
    with transaction.atomic():
        advance_chat(message.chat_id)
        records = record_calls(
            business_id=message.business_id, purpose=PURPOSE, calls=ending.calls, user=user
        )
        facts = _facts(ending, records)
        mine = AIMessage.objects.filter(pk=message.pk, claim_token=claim.token)
        ended = update_returning(
            mine.filter(state=State.STREAMING), state=ending.state, failure=ending.failure, **facts
        ) or update_returning(mine.filter(state=State.STOPPED), **facts)
        if ended is not None:
            answer_ended.send(sender=AIMessage, message=ended)
    return ended


def fail_lapsed(*, message_id: str, live: str) -> AIMessage | None:
    """The writer died: what came is kept, from the row or from `live`, whichever is longer."""
    with transaction.atomic():
        rows = AIMessage.objects.filter(lapsed(), pk=message_id)
        message = rows.first()
        if message is None:
            return None
        advance_chat(message.chat_id)
        ended = update_returning(
            rows,
            state=State.FAILED,
            failure=INTERRUPTED,
            content=max(message.content, live, key=len),
            claim_token="",
            claim_until=None,
            ended_at=timezone.now(),
        )
        if ended is not None:
            answer_ended.send(sender=AIMessage, message=ended)
    return ended


def _facts(ending: Ending, records: Sequence[UsageRecord]) -> dict[str, Any]:
    """`money_nanos` is None when a call has no known price, or none was made."""
    read = sum(record.tokens_in for record in records)
    written = sum(record.tokens_out for record in records)
    prices = [record.money_nanos for record in records]
    known = [price for price in prices if price is not None]
    last = records[-1] if records else None
    return {
        "content": ending.text,
        "context": ending.context,
        "provider": last.provider if last else "",
        "model_used": last.model if last else "",
        "prompt_tokens": read if records else None,
        "completion_tokens": written if records else None,
        "total_tokens": read + written if records else None,
        "money_nanos": sum(known) if records and len(known) == len(prices) else None,
        "first_word_ms": ending.first_word_ms,
        "response_time_ms": ending.response_time_ms,
        "claim_token": "",
        "claim_until": None,
        "ended_at": timezone.now(),
    }
