"""Reads of conversations and messages, each within the reader's own business."""

from django.db.models import Q, QuerySet

from accounts.models import User
from core.lib.prepared import prepared_rows
from core.lib.tenancy import ScopedQuerySet
from messaging.models import Channel, Conversation, Customer, MediaFile, Message, OutboundChunk


def conversations_for(user: User) -> ScopedQuerySet[Conversation]:
    """The user's conversations, latest first, with what a list row shows."""
    return (
        Conversation.objects.for_user(user)
        .select_related("channel", "customer", "assigned_to")
        .order_by("-updated_at", "id")
    )


def access_conversation(user: User, conversation_id: str) -> Conversation:
    return conversations_for(user).access(user, conversation_id)


def access_message(user: User, message_id: str) -> Message:
    related = ("conversation__channel", "conversation__customer", "author")
    return Message.objects.select_related(*related).access(user, message_id)


def access_channel(user: User, channel_id: str) -> Channel:
    return Channel.objects.access(user, channel_id)


def access_customer(user: User, customer_id: str) -> Customer:
    return Customer.objects.select_related("channel").access(user, customer_id)


def access_media(user: User, media_id: str) -> MediaFile:
    return MediaFile.objects.access(user, media_id)


def thread_page(
    conversation: Conversation,
    *,
    before_seq: int | None = None,
    after_revision: int = 0,
    limit: int = 60,
) -> list[Message]:
    """Messages in order: the latest `limit`, those before `before_seq`, or those changed since."""
    messages = Message.objects.filter(conversation=conversation).select_related("author")
    if after_revision:
        changed = messages.filter(revision__gt=after_revision).order_by("revision", "seq")[:limit]
        return sorted(changed, key=lambda message: message.seq)
    if before_seq is not None:
        messages = messages.filter(seq__lt=before_seq)
    return list(messages.order_by("-seq")[:limit])[::-1]


SPOKEN = 40


@prepared_rows
def spoken_rows(conversation_id: str, from_seq: int, upto_seq: int) -> QuerySet[Message]:
    heard = Q(type=Message.Type.CUSTOMER) | Q(
        delivery__in=["sent", "sending", "queued", "uncertain"]
    )
    messages = Message.objects.filter(
        heard,
        conversation_id=conversation_id,
        redacted_at=None,
        seq__gte=from_seq,
        seq__lte=upto_seq,
    ).exclude(type=Message.Type.SYSTEM)
    return messages.order_by("-seq")[:SPOKEN]


def spoken_messages(conversation: Conversation) -> list[Message]:
    """The talk so far without notes, what never reached the customer and what was taken back,
    oldest first."""
    latest = spoken_rows(
        conversation_id=conversation.pk,
        from_seq=conversation.context_from_seq,
        upto_seq=conversation.last_customer_seq,
    )
    return latest[::-1]


@prepared_rows
def unsettled_chunks(conversation_id: str) -> QuerySet[OutboundChunk]:
    return (
        OutboundChunk.objects.filter(
            conversation_id=conversation_id, state__in=["queued", "sending"]
        )
        .select_related("message", "conversation__channel", "conversation__customer")
        .order_by("seq", "number")[:1]
    )


@prepared_rows
def unsettled_chunk_ids(conversation_id: str) -> QuerySet[OutboundChunk]:
    unsettled = OutboundChunk.objects.filter(
        conversation_id=conversation_id, state__in=["queued", "sending"]
    )
    return unsettled.only("id")[:1]


def next_unsettled_chunk(conversation_id: str) -> OutboundChunk | None:
    """The first chunk in order that is neither sent nor given up."""
    return unsettled_chunks.first(conversation_id=conversation_id)


def has_unsettled_chunks(conversation_id: str) -> bool:
    return bool(unsettled_chunk_ids(conversation_id=conversation_id))


def ai_messages_in_flight(conversation_id: str) -> list[str]:
    """AI messages whose send has begun and whose end is not known."""
    begun = Q(state="sending") | Q(state="uncertain", failure__code="interrupted")
    ids = (
        OutboundChunk.objects.filter(begun, conversation_id=conversation_id, message__type="AI")
        .order_by("seq")
        .values_list("message_id", flat=True)
        .distinct()
    )
    return list(dict.fromkeys(ids))
