"""What happens in the centre, told to integrators."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from messaging import signals
from messaging.api.forms import channel_detail_form
from messaging.hooks.interest import forget_interest, interest
from messaging.hooks.services import forget_words
from messaging.hooks.telling import tell
from messaging.models import Channel, Conversation, Message, StatusChange, WebhookEndpoint
from messaging.presentation import conversation_form, message_form

CLOSED, PEOPLE = Conversation.Status.CLOSED, Conversation.Status.SUPPORT_ACTIVE


@receiver([post_save, post_delete], sender=WebhookEndpoint, dispatch_uid="hooks.endpoints")
def look_at_endpoints_again(**_: Any) -> None:
    forget_interest()


@receiver(signals.message_created, dispatch_uid="hooks.message_created")
def tell_of_new_message(message: Message, **_: Any) -> None:
    _tell_message("message.created", message)


@receiver(signals.message_changed, dispatch_uid="hooks.message_changed")
def tell_of_changed_message(message: Message, **_: Any) -> None:
    known = interest.listeners(message.business_id)
    if known and message.redacted_at is not None:
        forget_words(message, endpoint_ids=[one.endpoint_id for one in known])
    _tell_message("message.changed", message)


@receiver(signals.conversation_opened, dispatch_uid="hooks.conversation_opened")
def tell_of_new_conversation(conversation: Conversation, **_: Any) -> None:
    _tell_conversation("conversation.opened", conversation)


@receiver(signals.conversation_changed, dispatch_uid="hooks.conversation_changed")
def tell_of_changed_conversation(conversation: Conversation, **_: Any) -> None:
    _tell_conversation("conversation.changed", conversation)


@receiver(signals.status_changed, dispatch_uid="hooks.status_changed")
def tell_of_changed_status(change: StatusChange, **_: Any) -> None:
    if event := event_of(change):
        _tell_conversation(event, change.conversation)


def event_of(change: StatusChange) -> str:
    """The event that is more than a change; empty when there is none."""
    if change.after == CLOSED:
        return "conversation.closed"
    if change.before == CLOSED:
        return "conversation.reopened"
    if change.after == PEOPLE and change.by == StatusChange.By.AI:
        return "conversation.handed_over"
    return ""


@receiver(signals.channel_died, dispatch_uid="hooks.channel_died")
def tell_of_dead_channel(channel: Channel, **_: Any) -> None:
    tell(
        business_id=channel.business_id,
        event="channel.dead",
        data=lambda: channel_detail_form(channel),
    )


def _tell_message(event: str, message: Message) -> None:
    tell(business_id=message.business_id, event=event, data=lambda: message_form(message))


def _tell_conversation(event: str, conversation: Conversation) -> None:
    tell(
        business_id=conversation.business_id,
        event=event,
        data=lambda: conversation_form(conversation),
    )
