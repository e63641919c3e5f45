"""Conversations and what came in, in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from core.admin import PlatformModelAdmin, ReadOnlyModelAdmin
from messaging.admin_channels import ChannelAdmin
from messaging.hooks.admin import WebhookDeliveryAdmin, WebhookEndpointAdmin
from messaging.models import Conversation, InboundEvent, Message

__all__ = [
    "ChannelAdmin",
    "ConversationAdmin",
    "InboundEventAdmin",
    "MessageAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]

RAW_SHOWN = 20_000


class LinkedToInbox:
    """Rows that belong to a conversation, with the way to its page."""

    @display(description="Inbox")
    def inbox_link(self, row: Conversation | Message) -> SafeString:
        conversation_id = row.pk if isinstance(row, Conversation) else row.conversation_id
        return format_html(
            '<a class="text-primary-600 underline" href="/inbox/{}/">Open in the inbox</a>',
            conversation_id,
        )


@admin.register(Conversation)
class ConversationAdmin(LinkedToInbox, ReadOnlyModelAdmin):
    list_display = [
        "customer",
        "channel",
        "status",
        "assigned_to",
        "unread",
        "updated_at",
        "inbox_link",
        "business",
    ]
    list_filter = ["status", "channel__kind", "needs_a_look", "business"]
    search_fields = ["id", "customer__name", "external_id"]
    list_select_related = ["customer", "channel", "assigned_to", "business"]
    fields = [
        "business",
        "inbox_link",
        "customer",
        "channel",
        "status",
        "assigned_to",
        "unread",
        "needs_a_look",
        "handover_reason",
        "handover_summary",
        "ai_turns",
        "created_at",
        "updated_at",
    ]


@admin.register(Message)
class MessageAdmin(LinkedToInbox, ReadOnlyModelAdmin):
    list_display = ["created_at", "type", "short_text", "delivery", "inbox_link", "business"]
    list_filter = ["type", "delivery", "business"]
    search_fields = ["id", "text"]
    list_select_related = ["business"]
    ordering = ["-created_at"]
    fields = [
        "business",
        "inbox_link",
        "type",
        "text",
        "author",
        "delivery",
        "failure_line",
        "created_at",
    ]

    @display(description="Text")
    def short_text(self, message: Message) -> str:
        return message.text if len(message.text) <= 90 else message.text[:89] + "…"

    @display(description="Failure")
    def failure_line(self, message: Message) -> str:
        return str((message.failure or {}).get("detail") or "–")


@admin.register(InboundEvent)
class InboundEventAdmin(ReadOnlyModelAdmin, PlatformModelAdmin):
    owner_may = frozenset()
    list_display = ["received_at", "fate", "reason", "channel", "business"]
    list_filter = ["fate", "channel__kind"]
    search_fields = ["id", "dedupe_key", "reason"]
    list_select_related = ["channel", "business"]
    ordering = ["-received_at"]
    fields = [
        "business",
        "channel",
        "fate",
        "reason",
        "dedupe_key",
        "message",
        "received_at",
        "raw_text",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("raw")

    @display(description="As it came")
    def raw_text(self, event: InboundEvent) -> SafeString:
        raw = bytes(event.raw)
        text = raw[:RAW_SHOWN].decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
        rest = f"\n… {len(raw) - RAW_SHOWN} more bytes" if len(raw) > RAW_SHOWN else ""
        return format_html('<pre class="deskbell-raw">{}{}</pre>', text, rest)
