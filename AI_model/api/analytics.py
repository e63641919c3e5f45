"""`/api/v1/ai/analytics/…`: what came of conversations, and which ones make a figure."""

from datetime import date, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Business
from AI_model.api import analytics_shapes as shapes
from AI_model.models import Episode
from AI_model.money import to_dollars
from AI_model.services.figures import analytics_of, episodes_of, today_of
from core.lib.rest import page_of, paged, refuse
from messaging.api.conversations import MemberView
from messaging.presentation import customer_form

USUAL_DAYS = 30
FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)


class AnalyticsView(MemberView):
    scope_area = "usage"

    @extend_schema(
        operation_id="ai_analytics",
        parameters=[shapes.AnalyticsQuery],
        responses=shapes.AnalyticsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Conversations, answers, times and money of the last 30 days, or of others."""
        days = range_of(self.me.business, shapes.AnalyticsQuery.read(request))
        return Response(analytics_of(business=self.me.business, **days))


class AnalyticsConversationsView(MemberView):
    scope_area = "usage"

    @extend_schema(
        operation_id="ai_analytics_conversations",
        parameters=[shapes.EpisodesQuery],
        responses=page_of(shapes.EpisodeSerializer),
    )
    def get(self, request: Request) -> Response:
        """The conversations that make a figure, the latest first."""
        query = shapes.EpisodesQuery.read(request)
        days = range_of(self.me.business, query)
        rows = episodes_of(business=self.me.business, metric=query["metric"], **days)
        with_customer = rows.select_related("conversation__customer")
        return paged(request, with_customer, lambda row: episode_form(row, query["metric"]))


def range_of(business: Business, query: dict[str, Any]) -> dict[str, date]:
    """`first` and `last`, both included."""
    last = query.get("to") or max(today_of(business), query.get("from", FIRST))
    for name in {"from", "to"} & query.keys():
        if not FIRST <= query[name] <= LAST:
            refuse(name, f"Give a day between {FIRST} and {LAST}.")
    days = query.get("days", USUAL_DAYS)
    first = query.get("from") or max(FIRST, last - timedelta(days=days - 1))
    if first > last:
        refuse("from", "This comes after `to`.")
    if (last - first).days >= shapes.MOST_DAYS:
        refuse("from", f"Ask for {shapes.MOST_DAYS} days at the most.")
    return {"first": first, "last": last}


def episode_form(episode: Episode, metric: str) -> dict[str, Any]:
    """An episode of a list; money in dollars."""
    conversation, value = episode.conversation, episode.value  # type: ignore[attr-defined]
    messages = (episode.customer_messages, episode.ai_messages, episode.support_messages)
    return {
        "conversation_id": episode.conversation_id,
        "number": episode.number,
        "opened_at": episode.opened_at.isoformat(),
        "closed_at": episode.closed_at.isoformat() if episode.closed_at else None,
        "channel": episode.channel_kind,
        "customer": customer_form(conversation.customer) if conversation else None,
        "answered_by": episode.answered_by,
        "resolution": episode.resolution,
        "handover_reason": episode.handover_reason or None,
        "first_answer_ms": episode.first_answer_ms,
        "slowest_ai_ms": episode.slowest_ai_ms,
        "messages": sum(messages),
        "tokens": episode.tokens_in + episode.tokens_out,
        "money": to_dollars(episode.money_nanos),
        "value": to_dollars(value) if metric == "money" else value,
    }
