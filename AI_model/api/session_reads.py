"""What the sessions' endpoints read: conversations of the reader's own business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from accounts.models import User
from AI_model.models import UsageRecord
from AI_model.services.sessions import INACTIVE_AFTER
from core.lib.errors import NotFound
from messaging.api.reads import conversations_list
from messaging.models import Conversation, Message
from messaging.selectors import conversations_for

PREFIX = "msg_"
SHOWN = 200
COUNTED = ("tokens_in", "tokens_out", "tokens_cached", "tokens_thinking", "money_nanos")


@dataclass(frozen=True, slots=True)
class Opened:
    """A session with its latest messages, oldest first, and what its model calls used."""

    conversation: Conversation
    messages: list[Message]
    usage: dict[str, int]


def sessions_list(user: User, query: Mapping[str, Any]) -> QuerySet[Conversation]:
    """The newest first, narrowed by a checked SessionQuery; each has a `spoken` count."""
    names = {name: query[name] for name in ("channel", "search") if name in query}
    rows = conversations_list(user, names).select_related("channel", "customer")
    return rows.filter(_customer(query), _active(query)).annotate(spoken=_spoken())


def access_session(user: User, session_id: str) -> Conversation:
    """The conversation of a session; NotFound for whatever is no session of the user's."""
    if not session_id.startswith(PREFIX):
        raise NotFound("There is no session with this id.")
    pk = session_id.removeprefix(PREFIX)
    conversation = conversations_for(user).annotate(spoken=_spoken()).filter(pk=pk).first()
    if conversation is None:
        raise NotFound("There is no session with this id.")
    return conversation


def open_session(conversation: Conversation) -> Opened:
    said = Message.objects.filter(conversation=conversation).exclude(type=Message.Type.SYSTEM)
    latest = list(said.order_by("-seq")[:SHOWN])[::-1]
    sums = UsageRecord.objects.filter(conversation=conversation).aggregate(
        calls=Count("pk"),
        unpriced=Count("pk", filter=Q(money_nanos=None)),
        **{name: Sum(name, default=0) for name in COUNTED},
    )
    return Opened(conversation, latest, sums)


def is_active(conversation: Conversation) -> bool:
    """Not closed, and something happened lately."""
    recent = conversation.updated_at >= timezone.now() - INACTIVE_AFTER
    return recent and conversation.status != Conversation.Status.CLOSED


def _active(query: Mapping[str, Any]) -> Q:
    wanted = query.get("is_active")
    if wanted is None:
        return Q()
    since = timezone.now() - INACTIVE_AFTER
    active = Q(updated_at__gte=since) & ~Q(status=Conversation.Status.CLOSED)
    return active if wanted else ~active


def _customer(query: Mapping[str, Any]) -> Q:
    wanted = query.get("customer_id")
    return Q() if wanted is None else Q(customer__external_id=wanted) | Q(customer_id=wanted)


def _spoken() -> Subquery:
    """How many messages it has without notes, counted only for the rows that are shown."""
    said = Message.objects.filter(conversation=OuterRef("pk")).exclude(type=Message.Type.SYSTEM)
    counted = said.order_by().annotate(n=Func("pk", function="COUNT")).values("n")
    return Subquery(counted, output_field=IntegerField())
