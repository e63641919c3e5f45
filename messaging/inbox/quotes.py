"""The words that a message answers to, found where the platform names only an id."""

from collections.abc import Sequence
from typing import Any

from messaging.models import Conversation, Message, OutboundChunk

SHORT = 160


def add_quotes(conversation: Conversation, messages: Sequence[Message]) -> Sequence[Message]:
    """Give each message that answers another one a `quoted` {"text", "id"}, as far as known."""
    answers = {message: target for message in messages if (target := _target(message))}
    known = _known(
        conversation, {str(target.get("external_id") or "") for target in answers.values()}
    )
    for message, target in answers.items():
        found = known.get(str(target.get("external_id") or ""))
        message.quoted = {  # type: ignore[attr-defined]
            "text": " ".join(str(target.get("text") or _words(found)).split())[:SHORT],
            "id": found.pk if found else "",
        }
    return messages


def _target(message: Message) -> dict[str, Any] | None:
    target = message.details.get("reply_to")
    if message.redacted_at or not isinstance(target, dict) or target.get("kind") != "message":
        return None
    return target


def _known(conversation: Conversation, ids: set[str]) -> dict[str, Message]:
    """The messages by the platform's ids; of ours a later part may be meant."""
    wanted = ids - {""}
    if not wanted:
        return {}
    rows = Message.objects.filter(conversation=conversation, external_id__in=wanted)
    found = {message.external_id: message for message in rows}
    if missing := wanted - set(found):
        chunks = OutboundChunk.objects.filter(conversation=conversation, external_id__in=missing)
        found |= {c.external_id: c.message for c in chunks.select_related("message")}
    return found


def _words(message: Message | None) -> str:
    if message is None:
        return ""
    if message.redacted_at:
        return "A message that was taken back"
    return message.text or f"({message.content})"
