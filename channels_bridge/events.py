"""What goes over a socket: one frozen schema per type of event."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, Literal

from django.utils import timezone

from messaging.models import Conversation, Message
from messaging.presentation import Form, conversation_form, message_form
from messaging.webchat.presentation import visitor_conversation_form, visitor_message_form

Writer = Literal["AI", "agent", "customer"]


def now_text() -> str:
    return timezone.now().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`id` is the conversation's revision, so it grows within a conversation; 0 without one."""

    type: ClassVar[str]
    id: int
    at: str = field(default_factory=now_text)
    conversation_id: str | None

    def to_dict(self) -> dict[str, Any]:
        # Not `asdict`: the forms are made for this event, so there is nothing to copy.
        return {"type": self.type} | {part.name: getattr(self, part.name) for part in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCreated(Event):
    """A message was said; the form of CONTRACT 4, or the visitor's narrower one."""

    type: ClassVar[str] = "message.created"
    message: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChanged(Event):
    """Words, delivery or failure of a message are others now."""

    type: ClassVar[str] = "message.changed"
    message: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChanged(Event):
    """Status, assignee, unread, look or hand-over are others now."""

    type: ClassVar[str] = "conversation.changed"
    conversation: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTyping(Event):
    """Somebody writes; holds for about six seconds or until a message comes."""

    type: ClassVar[str] = "agent.typing"
    by: Writer
    user: Form | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence(Event):
    """A person opened or left the inbox (no conversation) or a conversation."""

    type: ClassVar[str] = "presence"
    user: Form
    here: bool


SCHEMAS: tuple[type[Event], ...] = (
    MessageCreated,
    MessageChanged,
    ConversationChanged,
    AgentTyping,
    Presence,
)


def _stamp(value: datetime | None) -> str:
    return (value or timezone.now()).isoformat()


def message_created(message: Message) -> MessageCreated:
    return MessageCreated(
        id=message.revision,
        at=_stamp(message.created_at),
        conversation_id=message.conversation_id,
        message=message_form(message),
    )


def message_changed(message: Message) -> MessageChanged:
    return MessageChanged(
        id=message.revision, conversation_id=message.conversation_id, message=message_form(message)
    )


def conversation_changed(conversation: Conversation) -> ConversationChanged:
    return ConversationChanged(
        id=conversation.revision,
        at=_stamp(conversation.updated_at),
        conversation_id=conversation.id,
        conversation=conversation_form(conversation),
    )


def visitor_message(message: Message, schema: type[MessageCreated] | type[MessageChanged]) -> Event:
    return schema(
        id=message.revision,
        conversation_id=message.conversation_id,
        message=visitor_message_form(message),
    )


def visitor_conversation(conversation: Conversation) -> ConversationChanged:
    return ConversationChanged(
        id=conversation.revision,
        conversation_id=conversation.id,
        conversation=visitor_conversation_form(conversation),
    )
