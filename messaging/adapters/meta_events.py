"""Meta's events in our words: Instagram and Messenger share one envelope.

developers.facebook.com/docs/instagram-platform/webhooks/examples
developers.facebook.com/docs/messenger-platform/reference/webhook-events
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog

from messaging.adapters.base import Unreadable
from messaging.adapters.meta_content import (
    is_story_mention,
    read_attachments,
    read_details,
    read_referral,
)
from messaging.adapters.meta_fields import (
    LATEST,
    Fields,
    as_key,
    dedupe_key,
    digest,
    key_in,
    mid_in,
    number_in,
    part_of,
    short_text,
    time_in,
    words_in,
)
from messaging.types import Content, EventKind, InboundMessage

log = structlog.get_logger(__name__)

OBJECTS = {"instagram": "instagram", "messenger": "page"}
UNREADABLE = "unreadable: "
GREETINGS = frozenset({"GET_STARTED", "GET_STARTED_PAYLOAD"})
# An Instagram reaction may come with its name alone.
EMOJI = {
    "love": "❤️",
    "smile": "😆",
    "wow": "😮",
    "sad": "😢",
    "angry": "😠",
    "like": "👍",
    "dislike": "👎",
}
IGNORED_KINDS = {
    "read": "the customer has read up to here",
    "delivery": "our messages have arrived",
    "referral": "the customer opened the chat by a link",
    "optin": "the customer agreed to be written to",
    "account_linking": "accounts are not linked",
    "policy_enforcement": "a notice about the platform's policy",
    "policy-enforcement": "a notice about the platform's policy",
    "pass_thread_control": "another app passed the thread on",
    "take_thread_control": "another app took the thread",
    "request_thread_control": "another app asks for the thread",
    "app_roles": "the roles of apps changed",
    "messaging_feedback": "feedback forms are not used",
    "response_feedback": "feedback is not used",
    "game_play": "games are not used",
    "order": "orders are not used",
    "payment": "payments are not used",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One event as it came, and what its envelope says of it."""

    fields: Fields
    kind: str
    account: str
    raw: bytes
    standby: bool = False

    @property
    def sender(self) -> str:
        return key_in(self.fields, "sender")

    @property
    def recipient(self) -> str:
        return key_in(self.fields, "recipient")

    @property
    def from_us(self) -> bool:
        return bool(self.account) and self.sender == self.account

    @property
    def thread(self) -> str:
        """Threads are named by the customer, on whichever side. Raises Unreadable."""
        customer = self.recipient if self.from_us else self.sender
        if not customer:
            raise Unreadable("it does not say whose thread it belongs to")
        return customer


def parse_envelope(payload: Any, *, kind: str) -> list[InboundMessage]:
    """Every event of a POST for a channel of `kind` (instagram, messenger), oldest first.

    An event that can't be read is IGNORED with a reason that begins with "unreadable: ".
    Raises Unreadable when the POST holds no event at all.
    """
    events: list[InboundMessage] = []
    faults: list[InboundMessage] = []
    for envelope in payload if isinstance(payload, list) else [payload]:
        try:
            events += _read_envelope(envelope, kind)
        except Unreadable as error:
            faults.append(_unreadable(envelope, "", error.reason))
    if not events:
        raise Unreadable(faults[0].reason.removeprefix(UNREADABLE) if faults else "it is empty")
    return sorted(events + faults, key=lambda event: event.sent_at or LATEST)


def _read_envelope(envelope: Any, kind: str) -> Iterator[InboundMessage]:
    if not isinstance(envelope, dict):
        raise Unreadable("the body is not an object")
    if envelope.get("object") != OBJECTS[kind]:
        raise Unreadable(f"its object is not {OBJECTS[kind]}")
    entries = envelope.get("entry")
    if not isinstance(entries, list):
        raise Unreadable("entry is not a list")
    for entry in entries:
        if isinstance(entry, dict):
            yield from _read_entry(entry, kind)
        else:
            yield _unreadable(entry, "", "an entry is not an object")


def _read_entry(entry: Fields, kind: str) -> Iterator[InboundMessage]:
    account = as_key(entry.get("id"))
    parts = [name for name in ("messaging", "standby", "changes") if name in entry]
    for name in parts:
        items = entry[name]
        if not isinstance(items, list):
            yield _unreadable(entry, account, f"{name} is not a list")
            continue
        for item in items:
            yield _read_item(item, kind, account, name)
    if "field" in entry:
        yield _read_item(entry, kind, account, "changes")
    elif not parts:
        yield _unreadable(entry, account, "an entry without events")


def _read_item(item: Any, kind: str, account: str, part: str) -> InboundMessage:
    if not isinstance(item, dict):
        return _unreadable(item, account, f"what stands in {part} is not an object")
    source = Source(item, kind, _our_side(item, account), _bytes(item), part == "standby")
    try:
        return _read_change(source) if part == "changes" else _read_event(source)
    except Unreadable as error:
        return _unreadable(item, source.account, error.reason)
    except Exception:  # a fault of ours in one event must not put the others aside
        log.exception("event_not_parsed")
        return _unreadable(item, source.account, "our reader failed; the log says where")


def _our_side(item: Fields, entry_id: str) -> str:
    """Our account's id: the entry's. Where that is neither side of the event, the side that
    should be ours, since some apps' entries bear another id of the same account."""
    if entry_id in (key_in(item, "sender"), key_in(item, "recipient")):
        return entry_id
    message = item.get("message")
    is_echo = isinstance(message, dict) and message.get("is_echo") is True
    return key_in(item, "sender" if is_echo else "recipient") or entry_id


def _read_event(source: Source) -> InboundMessage:
    for name, read in READERS.items():
        if name in source.fields:
            return read(source, part_of(source.fields, name))
    for name in IGNORED_KINDS:
        if name in source.fields:
            return _notice(source, name)
    unknown = next((n for n in source.fields if n not in {"sender", "recipient", "timestamp"}), "")
    name = short_text({"name": unknown}, "name", 60) or "nothing"
    return _ignored(source, "unknown", f"unknown kind of event: {name}")


def _read_change(source: Source) -> InboundMessage:
    """Comments and the like. Messages come here from the dashboard's test button only."""
    field = short_text(source.fields, "field", 60)
    if not field:
        raise Unreadable("a change does not say of what")
    if field in {"messages", "messaging", "standby", "message_echoes"}:
        return _ignored(source, "test", "a test of the app's dashboard")
    return _ignored(source, "change", f"{field} are not answered")


def _read_message(source: Source, message: Fields) -> InboundMessage:
    mid = mid_in(message)
    if message.get("is_self") is True or source.sender == source.recipient != "":
        return _ignored(source, "self", "the account wrote to itself", mid)
    if message.get("is_deleted") is True:
        return _event(source, EventKind.REDACTED, dedupe_key("deleted", mid), external_id=mid)
    if source.from_us or message.get("is_echo") is True:
        return _read_echo(source, message, mid)
    return _words(source, message, EventKind.MESSAGE, mid, read_details(message))


def _read_echo(source: Source, message: Fields, mid: str) -> InboundMessage:
    if not source.from_us:
        raise Unreadable("an echo that is not from this account")
    details = read_details(message)
    if app := as_key(message.get("app_id")):
        details["app_id"] = app
    return _words(source, message, EventKind.ECHO, mid, details)


def _words(
    source: Source, message: Fields, kind: EventKind, mid: str, details: dict[str, Any]
) -> InboundMessage:
    text = words_in(message, "text")
    attachments = read_attachments(message, source.kind)
    if not text.strip() and not attachments:
        return _ignored(source, "empty", "neither words nor a file", mid)
    mentioned = is_story_mention(message) and not text.strip()
    return _event(
        source,
        kind,
        dedupe_key(kind, mid),
        external_id=mid,
        text=text,
        content=attachments[0].kind if attachments else Content.TEXT,
        attachments=attachments,
        wants_answer=not (source.standby or mentioned or kind is EventKind.ECHO),
        details=details,
    )


def _read_edit(source: Source, edit: Fields) -> InboundMessage:
    mid, number, text = mid_in(edit), number_in(edit, "num_edit"), words_in(edit, "text")
    if not source.sender or not text.strip():
        return _ignored(source, "edit", "an edit without its words", mid, number)
    if source.from_us:
        return _ignored(source, "edit", "our own words were edited in the app", mid, number)
    if number is None:
        raise Unreadable("num_edit is not a number")
    key = dedupe_key("edit", mid, number)
    details = {"num_edit": number}
    return _event(source, EventKind.EDIT, key, external_id=mid, text=text, details=details)


def _read_reaction(source: Source, reaction: Fields) -> InboundMessage:
    mid, action = mid_in(reaction), reaction.get("action")
    if action not in ("react", "unreact"):
        raise Unreadable("a reaction that neither comes nor goes")
    emoji = short_text(reaction, "emoji", 16) or EMOJI.get(short_text(reaction, "reaction"), "•")
    at = source.fields.get("timestamp")
    return _event(
        source,
        EventKind.REACTION,
        dedupe_key("reaction", mid, source.sender, action, at),
        external_id=mid,
        details={
            "emoji": emoji if action == "react" else "",
            "by": "us" if source.from_us else "customer",
        },
    )


def _read_postback(source: Source, postback: Fields) -> InboundMessage:
    """A pressed button of an icebreaker or a menu: its title is what the customer says."""
    payload, title = short_text(postback, "payload", 1000), words_in(postback, "title")
    if source.from_us:
        raise Unreadable("a button that we pressed ourselves")
    if not (title or payload).strip():
        raise Unreadable("a button without a name")
    mid = mid_in(postback) if "mid" in postback else ""
    details = {"button": payload, "referral": read_referral(postback.get("referral"))}
    # Messenger's older postbacks have no id: who pressed what, and when, tells them apart.
    parts = (mid,) if mid else (source.sender, source.fields.get("timestamp"), payload or title)
    return _event(
        source,
        EventKind.MESSAGE,
        dedupe_key("postback", *parts),
        external_id=mid,
        text=title or payload,
        is_start=payload.upper() in GREETINGS,
        wants_answer=not source.standby,
        details={name: value for name, value in details.items() if value},
    )


READERS: dict[str, Callable[[Source, Fields], InboundMessage]] = {
    "message": _read_message,
    "message_edit": _read_edit,
    "reaction": _read_reaction,
    "postback": _read_postback,
}


def _event(source: Source, kind: EventKind, key: str, **fields: Any) -> InboundMessage:
    return InboundMessage(
        kind=kind,
        dedupe_key=key,
        account_key=source.account,
        conversation_key=source.thread,
        customer_key=source.thread,
        sent_at=time_in(source.fields),
        raw=source.raw,
        **fields,
    )


def _notice(source: Source, name: str) -> InboundMessage:
    reason, inside = IGNORED_KINDS[name], source.fields[name]
    about = [short_text(inside, part, 80) for part in ("ref", "action", "reason")]
    said = ", ".join(part for part in about if part)
    return _ignored(source, name, f"{reason}: {said}" if said else reason)


def _ignored(source: Source, prefix: str, reason: str, *parts: object) -> InboundMessage:
    """Its key never takes the place of a message's, whatever it shares with one."""
    return _kept(
        source.raw,
        source.account,
        dedupe_key(f"ignored {prefix}", *(parts or (digest(source.raw),))),
        reason,
        time_in(source.fields),
    )


def _unreadable(item: Any, account: str, reason: str) -> InboundMessage:
    raw = _bytes(item)
    return _kept(raw, account, f"unreadable:{digest(raw)}", UNREADABLE + reason)


def _kept(
    raw: bytes, account: str, key: str, reason: str, at: datetime | None = None
) -> InboundMessage:
    return InboundMessage(
        kind=EventKind.IGNORED,
        dedupe_key=key,
        account_key=account,
        reason=reason[:200],
        sent_at=at,
        raw=raw,
    )


def _bytes(item: Any) -> bytes:
    return orjson.dumps(item)
