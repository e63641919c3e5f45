"""Conversations for the inbox, made by what customers send."""

from itertools import count

from messaging.models import Channel, Conversation, Message
from messaging.services.receive import receive_events
from messaging.types import EventKind, InboundMessage

numbers = count(1)


def customer_says(channel: Channel, text: str, *, name: str = "Ida Berg") -> Conversation:
    """The conversation after a customer of this name wrote."""
    number = str(next(numbers))
    event = InboundMessage(
        kind=EventKind.MESSAGE,
        dedupe_key=f"inbox:{number}",
        conversation_key=name,
        customer_key=name,
        external_id=number,
        text=text,
        customer_name=name,
    )
    receive_events(channel=channel, events=[event], raw=b"{}")
    return Conversation.objects.get(channel=channel, external_id=name)


def with_fate(message: Message, delivery: str, **failure: str) -> None:
    """As if the platform had answered."""
    Message.objects.filter(pk=message.pk).update(delivery=delivery, failure=failure or None)
