"""What a person's chats come to: counts of rows, and tokens and money of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from accounts.models import User
from ai_chat.answering.summary import PURPOSE as SUMMARY
from ai_chat.answering.titles import PURPOSE as TITLE
from ai_chat.models import AIMessage
from ai_chat.selectors import chats_of
from ai_chat.services.endings import PURPOSE as ANSWER
from AI_model.models import UsageDay, UsageRecord
from AI_model.services.usage import rolled_to

PURPOSES = (ANSWER, TITLE, SUMMARY)
SUMS = {
    "sum_in": Sum("tokens_in", default=0),
    "sum_out": Sum("tokens_out", default=0),
    "sum_nanos": Sum("money_nanos", default=0),
}


@dataclass(frozen=True, slots=True)
class Spent:
    """Money in nanos, without the `unpriced` calls, whose price nobody knows."""

    calls: int = 0
    tokens: int = 0
    nanos: int = 0
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class ChatFigures:
    chats: int
    messages: int
    spent: Spent


def figures_of(user: User) -> ChatFigures:
    """Of chats that are not deleted; what deleted ones cost stays in the sums."""
    chats = chats_of(user).order_by()
    messages = AIMessage.objects.filter(chat__in=chats).count()
    return ChatFigures(chats.count(), messages, spent_by(user))


def spent_by(user: User) -> Spent:
    """Each call once: the ledger's sums up to its business's mark, its rows from there on."""
    if user.business is None:
        return Spent()
    own = {"user_id": user.pk, "purpose__in": PURPOSES}
    days = UsageDay.objects.for_business(user.business.pk).filter(**own)
    rows = UsageRecord.objects.for_business(user.business.pk).filter(
        **own, created_at__gte=rolled_to(user.business)
    )
    summed = days.aggregate(
        **SUMS, sum_calls=Sum("calls", default=0), sum_unpriced=Sum("unpriced", default=0)
    )
    live = rows.aggregate(
        **SUMS, sum_calls=Count("pk"), sum_unpriced=Count("pk", filter=Q(money_nanos=None))
    )
    return _added([summed, live])


def _added(parts: Sequence[dict[str, Any]]) -> Spent:
    def total(name: str) -> int:
        return sum(int(part[name]) for part in parts)

    return Spent(
        calls=total("sum_calls"),
        tokens=total("sum_in") + total("sum_out"),
        nanos=total("sum_nanos"),
        unpriced=total("sum_unpriced"),
    )
