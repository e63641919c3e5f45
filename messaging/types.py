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
    REDACTED = "redacted"
    REACTION = "reaction"
    ECHO = "echo"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    MOVED = "moved"
    CONNECTION = "connection"
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
    STORY = "story"
    POST = "post"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file or place that came with a message.

    `ref` is the channel's own handle for it, an id or an address; empty when there is no file.
    """

    kind: Content
    ref: str = ""
    name: str = ""
    mime: str = ""
    size: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One event of a webhook POST, in our words.

    `dedupe_key` (at most 200 characters) is unique within the channel and the same in every
    redelivery. `account_key` is the platform's id of our account, where one POST serves several.
    `conversation_key` names the thread and `customer_key` the person, in the channel's ids.
    `external_id` is the message's id; for EDIT, REDACTED and REACTION that of the one it is about.
    ECHO = words of our own account: our send, or a person's in the platform's own app.
    `reason` says why an IGNORED event is ignored. `is_start` marks a bare greeting such as /start.
    `wants_answer`: False for what is shown, and never answered by the AI.
    `callback` is the handle of a pressed button that the platform wants acknowledged.
    `raw` is the event's own part of a POST that holds several.
    `details`, all optional: `reply_to` {"kind": "message"|"story", "external_id", "text", "url"},
    `forwarded_from`, `author` (who wrote it, in a group), `button` (its payload), `album`,
    `num_edit` (an EDIT's, where the platform counts them; the highest is the newest),
    `emoji` (a REACTION's; empty takes it back), `by` ("customer" or "us", a REACTION's),
    `new_key` (a MOVED thread's), `connection` (what a CONNECTION is now), `app_id` (an ECHO's),
    `referral` (the link or ad the customer came by).
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
    account_key: str = ""
    wants_answer: bool = True
    callback: str = ""
    raw: bytes = field(default=b"", repr=False)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press under a message: `data` comes back as the press's `button`."""

    data: str
    title: str


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One chunk to send. `local_id` is ours; `tag` asks for the longer window of people."""

    conversation_key: str
    text: str
    local_id: str
    markup: bool = False
    tag: str = ""
    buttons: tuple[Button, ...] = ()
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
class Buttons:
    """How a channel shows choices: the longest title of a button, in UTF-16 units.

    `in_every_app`: False where some of the platform's own apps show none.
    """

    longest: int
    in_every_app: bool = True


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do.

    `window` = how long after the customer's last words we may write; `people_window` = how long
    people may where the business holds the permission for it. None = no limit, and no such thing.
    `profile`: names of customers have to be asked for. `media`: files have to be fetched.
    `buttons`: None where choices are a numbered list.
    """

    text_limit: TextLimit
    typing: bool = False
    markup: bool = False
    window: timedelta | None = None
    people_window: timedelta | None = None
    many_events_per_post: bool = False
    profile: bool = False
    media: bool = False
    buttons: Buttons | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Sends per second that a platform allows an account, and one thread of it; None = any."""

    account_per_second: float | None = None
    thread_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a platform tells of a customer; any of it may be empty."""

    name: str = ""
    username: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file as the platform gave it. `mime` and `name` are its claims, not facts."""

    content: bytes = field(repr=False)
    mime: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class FreshToken:
    """A token that replaces the present one; `expires_in` in seconds, None = it does not expire."""

    token: str = field(repr=False)
    expires_in: float | None = None
