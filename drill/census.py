"""Counts what stands in the stack's database: one line of JSON for each line on stdin.

Runs in the stack's own environment, beside it, so that the oracle asks nothing of the stack itself.
"""

import os
import sys
from typing import Any

import django
import orjson
from django.db import OperationalError, close_old_connections

CONVERSATION = (
    *("id", "external_id", "status", "answered_seq", "last_customer_seq", "needs_a_look"),
    *("handover_reason", "claim_token", "lane_token", "claim_attempts", "channel_id"),
)
MESSAGE = (
    *("id", "conversation_id", "seq", "type", "text", "external_id", "answers_seq", "delivery"),
    *("said_at", "redacted_at"),
)
CHANNEL = ("id", "external_id", "health", "health_detail", "sends_refused_at")
EVENT = ("id", "channel_id", "fate", "reason", "due_at")
CHUNK = ("id", "conversation_id", "seq", "number", "text", "state", "external_id", "failure")


def take_census() -> dict[str, Any]:
    from messaging.models import Channel, Conversation, InboundEvent, Message, OutboundChunk

    return {
        "channels": list(Channel.objects.values(*CHANNEL)),
        "conversations": list(Conversation.objects.values(*CONVERSATION)),
        "messages": list(Message.objects.order_by("conversation_id", "seq").values(*MESSAGE)),
        "chunks": list(
            OutboundChunk.objects.order_by("conversation_id", "seq", "number").values(*CHUNK)
        ),
        "events": list(InboundEvent.objects.values(*EVENT)),
    }


def count_open() -> dict[str, Any]:
    """What still has to happen, and the chunks whose send has begun."""
    from django.db.models import F

    from messaging.models import Conversation, OutboundChunk

    waiting = Conversation.objects.filter(status="active", answered_seq__lt=F("last_customer_seq"))
    chunks = OutboundChunk.objects.filter(state__in=["queued", "sending"])
    return {
        "unanswered": waiting.count(),
        "unsent": chunks.count(),
        "sending": list(chunks.filter(state="sending").values_list("pk", flat=True)),
    }


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    asked = {"open": count_open, "all": take_census}
    for line in sys.stdin:
        close_old_connections()
        try:
            found: dict[str, Any] = asked[line.strip()]()
        except OperationalError as error:
            found = {"error": type(error).__name__}
        sys.stdout.buffer.write(orjson.dumps(found) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
