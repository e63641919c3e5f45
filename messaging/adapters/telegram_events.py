"""Making our event of a Telegram object: the thread, the customer, the words."""

from dataclasses import dataclass, replace
from typing import Any

from core.lib.decoding import clean_text
from messaging.adapters.telegram_content import details_of, read_content
from messaging.adapters.telegram_fields import (
    Fields,
    clean_of,
    handle_of,
    integer_of,
    name_of,
    object_of,
    time_of,
    words_of,
)
from messaging.adapters.telegram_groups import author_of, is_group, words_without_name
from messaging.types import ChannelAccount, Content, EventKind, InboundMessage

BUSINESS = "business:"


@dataclass(frozen=True, slots=True)
class Reading:
    """What readers know beside their object: the update's key, and whose channel it is."""

    key: str
    account: ChannelAccount

    def ignored(self, reason: str, **fields: Any) -> InboundMessage:
        return InboundMessage(
            kind=EventKind.IGNORED, dedupe_key=self.key, reason=reason[:200], **fields
        )

    def event(
        self, kind: EventKind, source: Fields, chat: Fields, person: Fields, **fields: Any
    ) -> InboundMessage:
        """An event of the thread that `source` names; a group as a whole is the customer."""
        customer = chat if is_group(chat) else person
        return InboundMessage(
            kind=kind,
            dedupe_key=self.key,
            conversation_key=thread_of(source, chat),
            customer_key=str(integer_of(customer, "id")),
            customer_name=name_of(customer),
            username=clean_of(customer, "username", 120),
            language=clean_of(customer, "language_code", 16),
            **fields,
        )

    def message(
        self, kind: EventKind, message: Fields, person: Fields, **fields: Any
    ) -> InboundMessage:
        """What somebody said, or IGNORED when it holds neither words nor a file."""
        chat, in_group = object_of(message, "chat"), is_group(object_of(message, "chat"))
        words = words_without_name(message, self.account) if in_group else words_of(message)
        content, attachments = read_content(message)
        text = clean_text(words)
        if reason := _why_nothing(kind, message, content, text):
            return self.ignored(reason)
        details = details_of(message) | ({"author": author_of(message)} if in_group else {})
        return self.event(
            *(kind, message, chat, person),
            external_id=str(integer_of(message, "message_id")),
            sent_at=time_of(message),
            text=text,
            content=content or Content.TEXT,
            attachments=attachments,
            details=details,
            **fields,
        )


def as_start(event: InboundMessage) -> InboundMessage:
    """Marked as a bare greeting when it is /start, with or without a deep link's parameter."""
    words = event.text
    is_start = words.split(maxsplit=1)[:1] == ["/start"] or words.startswith("/start@")
    return replace(event, is_start=is_start and event.kind is EventKind.MESSAGE)


def thread_of(source: Fields, chat: Fields) -> str:
    """The chat's id; with its topic, or with the business connection it came through."""
    chat_id = integer_of(chat, "id")
    if "business_connection_id" in source:
        return business_thread(handle_of(source, "business_connection_id"), chat_id)
    if source.get("is_topic_message") is True and "message_thread_id" in source:
        return f"{chat_id}:{integer_of(source, 'message_thread_id')}"
    return str(chat_id)


def business_thread(connection_id: str, chat_id: int) -> str:
    return f"{BUSINESS}{connection_id}:{chat_id}"


def _why_nothing(kind: EventKind, message: Fields, content: Content | None, text: str) -> str:
    """Why nobody said anything with this; empty when somebody did."""
    if kind is EventKind.EDIT:
        return "a live location moved" if content is Content.LOCATION else ""
    if content is not None or text.strip():
        return ""
    present = ", ".join(sorted(set(message) - {"message_id", "from", "chat", "date"}))
    return f"neither words nor a file: {clean_text(present)[:120] or 'empty'}"
