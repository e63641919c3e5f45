"""What happened in staff chats, told to their own user."""

from collections.abc import Callable, Sequence
from typing import Any

from django.dispatch import receiver

from ai_chat import signals
from ai_chat.models import AIChat, AIMessage
from channels_bridge import events_ai_chat as events
from channels_bridge.groups import ai_chat_group
from channels_bridge.publishing import publisher
from channels_bridge.relay import relay
from core.lib.on_commit import hint_on_commit


def tell_on_commit(chat_id: str, make: Callable[[], Sequence[events.ChatEvent]]) -> None:
    def give() -> None:
        relay.put(ai_chat_group(chat_id), [event.to_dict() for event in make()])

    hint_on_commit(give)


@receiver(signals.messages_created)
def tell_of_turn(chat: AIChat, messages: list[AIMessage], **_: Any) -> None:
    tell_on_commit(chat.pk, lambda: events.turns_created(chat, messages))


@receiver(signals.answers_grew)
def tell_of_words(grown: list[signals.Grown], **_: Any) -> None:
    publisher.publish(
        [(ai_chat_group(one.chat_id), [events.answer_grew(one).to_dict()]) for one in grown]
    )


@receiver(signals.answer_ended)
def tell_of_end(message: AIMessage, **_: Any) -> None:
    tell_on_commit(message.chat_id, lambda: events.answer_ended(message))


@receiver(signals.chat_changed)
def tell_of_changed_chat(chat: AIChat, **_: Any) -> None:
    tell_on_commit(chat.pk, lambda: events.chat_changed(chat))
