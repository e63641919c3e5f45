"""What crosses the border between a channel and the product. Frozen, and no Django."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """What an inbound event means to us."""

    MESSAGE = "message"
    EDIT = "edit"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    IGNORED = "ignored"


class Content(StrEnum):
    """What a message is made of, apart from its words."""

    TEXT = "text"
    PHOTO = "photo"
    VOICE = "voice"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or place that came with a message; `ref` is the channel's own handle for it."""

    kind: Content
    ref: str = ""
    name: str = ""
    mime: str = ""
    size: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One event of a webhook POST, in our words.

    `dedupe_key` is unique within the channel and the same in every redelivery.
    `conversation_key` names the thread and `customer_key` the person, in the channel's ids.
    `reason` says why an IGNORED event is ignored. `is_start` marks a bare greeting such as /start.
    """

    kind: EventKind
    dedupe_key: str
    conversation_key: str = ""
    customer_key: str = ""
    external_id: str = ""
    text: str = ""
    content: Content = Content.TEXT
    attachments: tuple[Attachment, ...] = ()
    sent_at: datetime | None = None
    customer_name: str = ""
    username: str = ""
    language: str = ""
    reason: str = ""
    is_start: bool = False


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One chunk to send. `local_id` is ours; `sequence` counts the chunks of its message."""

    conversation_key: str
    text: str
    local_id: str
    markup: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


class SendOutcome(StrEnum):
    """SENT; REJECTED (the platform certainly did not take it); UNCERTAIN (it may have)."""

    SENT = "sent"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"


class FailureScope(StrEnum):
    """How far a rejection reaches: this message, this customer, or the whole channel."""

    MESSAGE = "message"
    CUSTOMER = "customer"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """What became of a send. `permanent` and `retry_after` (seconds) matter only when rejected.

    `details["conversation_key"]` is the thread's new key when the platform has moved it.
    """

    outcome: SendOutcome
    external_id: str = ""
    code: str = ""
    detail: str = ""
    permanent: bool = True
    retry_after: float | None = None
    scope: FailureScope = FailureScope.MESSAGE
    resend_as_plain_text: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """What an adapter needs to know of a channel; made from a Channel row."""

    id: str
    kind: str
    external_id: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)


class LengthUnit(StrEnum):
    """In what a channel counts the length of a text."""

    UTF16 = "utf16"
    BYTES = "bytes"
    CHARACTERS = "characters"


@dataclass(frozen=True, slots=True)
class TextLimit:
    maximum: int
    unit: LengthUnit


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do. `window` = how long after the customer's last words we may write."""

    text_limit: TextLimit
    typing: bool = False
    markup: bool = False
    window: timedelta | None = None
    many_events_per_post: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """Sends per second that a platform allows an account, and one thread of it; None = any."""

    account_per_second: float | None = None
    thread_per_second: float | None = None
