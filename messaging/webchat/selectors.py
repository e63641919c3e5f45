"""Reads for visitors: a channel by its public id, and only what their own conversation shows."""

from django.db.models import Q, QuerySet

from core.lib.errors import NotFound
from messaging.models import Channel, Conversation, Message
from messaging.webchat.presentation import SPOKEN_TO_VISITORS
from messaging.webchat.tokens import Visitor
from settings_app.models import KnowledgeEntry

PAGE = 100

VISIBLE = Q(type=Message.Type.CUSTOMER) | Q(
    type__in=SPOKEN_TO_VISITORS, delivery=Message.Delivery.SENT
)


def find_webchat(channel_id: str) -> Channel | None:
    """The active web chat of this id; its business is loaded."""
    if "\0" in channel_id:
        return None
    webchats = Channel.objects.filter(kind=Channel.Kind.WEBCHAT, is_active=True)
    return webchats.select_related("business").filter(pk=channel_id).first()


def get_webchat(channel_id: str) -> Channel:
    channel = find_webchat(channel_id)
    if channel is None:
        raise NotFound("There is no web chat at this address, or it is switched off.")
    return channel


def find_demo_webchat() -> Channel | None:
    """The web chat of the demo business."""
    demos = Channel.objects.filter(kind=Channel.Kind.WEBCHAT, is_active=True, settings__demo=True)
    return demos.select_related("business").order_by("created_at", "id").first()


def sample_questions(channel: Channel) -> list[str]:
    """Some of what the business has an answer for."""
    entries = KnowledgeEntry.objects.for_business(channel.business_id).filter(is_active=True)
    return list(entries.order_by("created_at", "id").values_list("question", flat=True)[:5])


def visitor_conversation(visitor: Visitor) -> Conversation | None:
    conversations = Conversation.objects.filter(
        channel_id=visitor.channel_id, external_id=visitor.id
    )
    return conversations.select_related("channel", "customer").first()


def visitor_message(visitor: Visitor, client_key: str) -> Message | None:
    """The visitor's message that was sent under this key."""
    return _thread(visitor).filter(type=Message.Type.CUSTOMER, external_id=client_key).first()


def visible_messages(visitor: Visitor, *, after: int) -> list[Message]:
    """The latest page of the thread, or what changed since the revision `after`, oldest first."""
    messages = _thread(visitor).filter(VISIBLE)
    if after:
        return list(messages.filter(revision__gt=after).order_by("revision")[:PAGE])
    return list(messages.order_by("-seq")[:PAGE])[::-1]


def _thread(visitor: Visitor) -> QuerySet[Message]:
    return Message.objects.filter(
        conversation__channel_id=visitor.channel_id, conversation__external_id=visitor.id
    )
