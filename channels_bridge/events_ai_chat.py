"""What goes over the socket of a staff chat, to its one user."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from ai_chat.models import AIChat, AIMessage
from ai_chat.presentation import Form, chat_form, step_form
from ai_chat.selectors import step_of
from ai_chat.signals import Grown
from channels_bridge.events import now_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEvent:
    """`id` is the chat's revision, so it never goes back within a chat."""

    type: ClassVar[str]
    id: int
    at: str = field(default_factory=now_text)
    ai_chat_id: str

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type} | {part.name: getattr(self, part.name) for part in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCreated(ChatEvent):
    """A message was added: what the person said, or the answer that will be written."""

    type: ClassVar[str] = "message.created"
    message: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGrew(ChatEvent):
    """`text` comes after the first `offset` characters (code points) of the answer. `html` is
    empty: a page asks for it when it needs some."""

    type: ClassVar[str] = "assistant.delta"
    message_id: str
    offset: int
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEnded(ChatEvent):
    """Done, stopped or failed, as `message` says."""

    type: ClassVar[str] = "assistant.done"
    message: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatError(ChatEvent):
    """Of a frame that we can't take, or, with a `message_id`, of an answer that failed."""

    type: ClassVar[str] = "error"
    code: str
    detail: str
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChanged(ChatEvent):
    """Title, folder, model, active path, deletion: read again what of it is shown."""

    type: ClassVar[str] = "chat.changed"
    chat: Form


CHAT_SCHEMAS: tuple[type[ChatEvent], ...] = (
    TurnCreated,
    AnswerGrew,
    AnswerEnded,
    ChatError,
    ChatChanged,
)


def turns_created(chat: AIChat, messages: Sequence[AIMessage]) -> list[ChatEvent]:
    return [
        TurnCreated(id=chat.revision, ai_chat_id=chat.pk, message=step_form(step_of(message)))
        for message in messages
    ]


def answer_grew(grown: Grown) -> AnswerGrew:
    return AnswerGrew(
        id=grown.revision,
        ai_chat_id=grown.chat_id,
        message_id=grown.message_id,
        offset=grown.offset,
        text=grown.text,
    )


def answer_ended(message: AIMessage) -> list[ChatEvent]:
    """Of one that failed the error too, and first: who only waits for an end learns why."""
    revision = AIChat.objects.values_list("revision", flat=True).get(pk=message.chat_id)
    done = AnswerEnded(id=revision, ai_chat_id=message.chat_id, message=step_form(step_of(message)))
    if message.state != AIMessage.State.FAILED:
        return [done]
    failure = message.failure or {}
    failed = ChatError(
        id=revision,
        ai_chat_id=message.chat_id,
        code=failure.get("code", ""),
        detail=failure.get("detail", ""),
        message_id=message.pk,
    )
    return [failed, done]


def chat_changed(chat: AIChat) -> list[ChatEvent]:
    return [ChatChanged(id=chat.revision, ai_chat_id=chat.pk, chat=chat_form(chat))]
