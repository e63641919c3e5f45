"""What the API's lists read, always within the reader's own business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from messaging.models import Channel, Conversation, Message
from messaging.selectors import conversations_for

LONGEST_PAGE = 200


def conversations_list(user: User, query: Mapping[str, Any]) -> QuerySet[Conversation]:
    """The user's conversations, narrowed by a checked ConversationQuery."""
    return (
        conversations_for(user)
        .defer("channel__secrets")
        .filter(
            _status(query), _channel(query), _assignee(query, user), _unread(query), _words(query)
        )
    )


def messages_list(user: User, query: Mapping[str, Any]) -> QuerySet[Message]:
    """The newest first, narrowed by a checked MessageQuery."""
    names = {"type": "type", "delivery": "delivery", "conversation": "conversation_id"}
    chosen = {field: query[name] for name, field in names.items() if name in query}
    return Message.objects.for_user(user).filter(**chosen).order_by("-created_at", "-pk")


def channels_list(user: User, query: Mapping[str, Any]) -> QuerySet[Channel]:
    chosen = {"kind": query["kind"]} if "kind" in query else {}
    return Channel.objects.for_user(user).filter(**chosen).defer("secrets").order_by("kind", "pk")


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Messages, and whether there are more in the direction in which they were read."""

    messages: list[Message]
    more: bool


def thread_before(conversation: Conversation, *, before: int | None, limit: int) -> ThreadPage:
    """The last `limit` messages (before a seq), oldest first."""
    older = Q() if before is None else Q(seq__lt=before)
    found = list(
        Message.objects.filter(older, conversation=conversation).order_by("-seq")[: limit + 1]
    )
    return ThreadPage(found[:limit][::-1], len(found) > limit)


def thread_after(conversation: Conversation, *, after: int, limit: int) -> ThreadPage:
    """What was said or changed after a revision, in the order of the revisions."""
    found = list(
        Message.objects.filter(conversation=conversation, revision__gt=after).order_by(
            "revision", "seq"
        )[: limit + 1]
    )
    page = found[:limit]
    # One revision can change several messages; a page never ends between them.
    while len(found) > limit and len(page) > 1 and page[-1].revision == found[limit].revision:
        page.pop()
    return ThreadPage(page, len(found) > limit)


def _status(query: Mapping[str, Any]) -> Q:
    return Q(status=query["status"]) if "status" in query else Q()


def _channel(query: Mapping[str, Any]) -> Q:
    if "channel" not in query:
        return Q()
    return Q(channel_id=query["channel"]) | Q(channel__kind=query["channel"])


def _assignee(query: Mapping[str, Any], user: User) -> Q:
    match query.get("assignee"):
        case None:
            return Q()
        case "me":
            return Q(assigned_to=user)
        case "nobody":
            return Q(assigned_to=None)
        case number:
            return Q(assigned_to_id=int(number))


def _unread(query: Mapping[str, Any]) -> Q:
    match query.get("unread"):
        case None:
            return Q()
        case wanted:
            return Q(unread__gt=0) if wanted else Q(unread=0)


def _words(query: Mapping[str, Any]) -> Q:
    words = query.get("search")
    if not words:
        return Q()
    said = Message.objects.filter(conversation=OuterRef("pk"), text__icontains=words)
    who = Q(customer__name__icontains=words) | Q(customer__username__icontains=words)
    return who | Q(customer__external_id=words) | Q(pk=words) | Q(Exists(said))
