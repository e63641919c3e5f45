"""Who writes an answer: a claim with a lease, and what is due without one."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q

from ai_chat.models import AIMessage
from core.lib.clock import database_now

LEASE_SECONDS = 15.0


def answers_due(*, older_than: float) -> Iterable[str]:
    """Answers that nobody has begun, or whose writer died."""
    now = database_now()
    begun = AIMessage.State.PENDING
    lapsed = Q(state=AIMessage.State.STREAMING, claim_until__lt=now)
    waiting = Q(state=begun, created_at__lt=now - timedelta(seconds=older_than))
    return AIMessage.objects.filter(lapsed | waiting).values_list("pk", flat=True)[:200]
