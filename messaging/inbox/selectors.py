"""What the inbox reads, always within the reader's own business."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from accounts.selectors import members_for
from messaging.inbox.filters import InboxFilters
from messaging.models import Channel, Conversation
from messaging.selectors import conversations_for

PAGE = 50
# SQLite's greatest of something and NULL is NULL, so each side falls back on the other.
LAST_AT = Greatest(
    Coalesce("last_customer_at", "last_person_at", "created_at"),
    Coalesce("last_person_at", "last_customer_at", "created_at"),
)


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows, latest words first, and the mark after which the next page begins ("" = none)."""

    rows: list[Conversation]
    after: str


def inbox_conversations(user: User) -> QuerySet[Conversation]:
    """Conversations with `last_at`, the time of the latest words; channel secrets stay unread."""
    return (
        conversations_for(user)
        .defer("channel__secrets")
        .annotate(last_at=LAST_AT)
        .order_by("-last_at", "-id")
    )


def list_page(*, user: User, filters: InboxFilters, after: str = "") -> ListPage:
    rows = inbox_conversations(user).filter(filters.condition() & _beyond(after))
    found = list(rows[: PAGE + 1])
    more = len(found) > PAGE
    return ListPage(found[:PAGE], list_mark(found[PAGE - 1]) if more else "")


def list_mark(conversation: Conversation) -> str:
    """Where a row stands in the list; marks compare as strings."""
    last_at: datetime = conversation.last_at  # type: ignore[attr-defined]
    return f"{last_at:%Y-%m-%dT%H:%M:%S.%f%z}~{conversation.pk}"


def _beyond(mark: str) -> Q:
    moment, _, pk = mark.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return Q()
    if at.tzinfo is None:
        return Q()
    return Q(last_at__lt=at) | Q(last_at=at, pk__lt=pk)


def view_counts(user: User) -> dict[str, int]:
    """How many conversations are unread and in need of a look."""
    return Conversation.objects.for_user(user).aggregate(
        unread=Count("pk", filter=Q(unread__gt=0)),
        look=Count("pk", filter=Q(needs_a_look=True)),
    )


def channels_of(user: User) -> list[Channel]:
    return list(Channel.objects.for_user(user).defer("secrets").order_by("kind", "name"))


def team_of(user: User) -> list[User]:
    return list(members_for(user).filter(is_active=True))
