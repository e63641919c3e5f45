"""What happened in the centre, told to those who watch."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import User
from channels_bridge import events
from channels_bridge.broadcast import broadcast_on_commit, recheck_on_commit
from channels_bridge.groups import conversation_group, inbox_group, person_group, visitor_group
from messaging import signals
from messaging.models import Channel, Conversation, Message
from messaging.webchat.presentation import visible_to_visitor

Make = Callable[[], events.Event]


def tell_people(conversation: Conversation, make: Make) -> None:
    groups = [inbox_group(conversation.business_id), conversation_group(conversation.id)]
    broadcast_on_commit(groups, make)


def tell_visitor(conversation: Conversation, make: Make) -> None:
    groups = [visitor_group(conversation.channel_id, conversation.external_id)]
    broadcast_on_commit(groups, make)


def has_visitor(conversation: Conversation) -> bool:
    return conversation.channel.kind == Channel.Kind.WEBCHAT


@receiver(signals.message_created)
def tell_of_new_message(conversation: Conversation, message: Message, **_: Any) -> None:
    tell_people(conversation, lambda: events.message_created(message))
    if has_visitor(conversation) and visible_to_visitor(message):
        tell_visitor(conversation, lambda: events.visitor_message(message, events.MessageCreated))


@receiver(signals.message_changed)
def tell_of_changed_message(conversation: Conversation, message: Message, **_: Any) -> None:
    tell_people(conversation, lambda: events.message_changed(message))
    if has_visitor(conversation) and visible_to_visitor(message):
        tell_visitor(conversation, lambda: events.visitor_message(message, events.MessageChanged))


@receiver(signals.conversation_changed)
def tell_of_changed_conversation(conversation: Conversation, **_: Any) -> None:
    tell_people(conversation, lambda: events.conversation_changed(conversation))
    if has_visitor(conversation):
        tell_visitor(conversation, lambda: events.visitor_conversation(conversation))


@receiver(signals.typing)
def tell_of_typing(conversation: Conversation, by: events.Writer, **_: Any) -> None:
    event = events.AgentTyping(id=conversation.revision, conversation_id=conversation.id, by=by)
    tell_people(conversation, lambda: event)
    if has_visitor(conversation):
        tell_visitor(conversation, lambda: event)


@receiver([post_save, post_delete], sender=User)
def look_at_access_again(instance: User, **_: Any) -> None:
    recheck_on_commit(person_group(instance.pk))


@receiver(user_logged_out)
def look_at_sessions_again(user: User | None, **_: Any) -> None:
    if user is not None:
        recheck_on_commit(person_group(user.pk))
