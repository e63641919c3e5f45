"""What integrators can hear of, and the envelope that it comes in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

EVENTS = {
    "message.created": "A message was written, whoever wrote it; `data` is the message",
    "message.changed": "Its text or its delivery changed; `data` is the message",
    "conversation.opened": "A customer began a conversation; `data` is the conversation",
    "conversation.changed": "Anything about it changed, also when another event says what",
    "conversation.handed_over": "The AI gave it to people; `data.handover_reason` says why",
    "conversation.closed": "It was closed",
    "conversation.reopened": "A closed one goes on",
    "budget.warned": "Four fifths of a budget are spent",
    "budget.reached": "A budget is used up",
    "channel.dead": "A channel needs connecting again; `data` is the channel",
    "test.ping": "Somebody asked for a test",
}
SUBSCRIBABLE = tuple(EVENTS)


def envelope(event: str, data: Mapping[str, Any], *, at: datetime) -> str:
    """`{"type", "timestamp", "data"}` as the text that is stored, signed and sent."""
    whole = {"type": event, "timestamp": at.isoformat(), "data": data}
    return orjson.dumps(whole).decode()
