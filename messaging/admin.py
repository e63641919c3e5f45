"""Channels, conversations and what came in, in the admin."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from core.admin import PlatformModelAdmin, ReadOnlyModelAdmin, ScopedForm, ScopedModelAdmin
from core.lib.crypto import SecretUnreadable, masked
from core.lib.errors import DomainError
from messaging.models import Channel, Conversation, InboundEvent, Message
from messaging.services.channels import connect_telegram

RAW_SHOWN = 20_000
HEALTH_COLOURS = {
    Channel.Health.OK: "success",
    Channel.Health.NEW: "info",
    Channel.Health.DEAD: "danger",
}
HEALTH_FIELDS = ["health", "health_detail", "last_inbound_at", "last_outbound_at"]
WITHOUT_SECRETS = {Channel.Kind.WEBCHAT, Channel.Kind.API}
SECRET_FIELDS = ("new_token", "new_secret")
MASK = "••••"
OTHER_BOT = "This token belongs to another bot. Connect that one as a channel of its own."


def secret_field(hint: str) -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
    kept = "It is stored encrypted and never shown again."
    return forms.CharField(
        required=False, max_length=300, widget=widget, help_text=f"{hint} {kept}"
    )


class ChannelForm(ScopedForm):
    """Secrets typed here are kept by `connect_telegram` alone, never by saving the form."""

    problem = ""
    new_token = secret_field("From @BotFather. Empty keeps the present one.")
    new_secret = secret_field("Empty keeps the present one, or makes one up.")

    class Meta:
        model = Channel
        fields = ["business", "kind", "name", "is_active"]
        labels = {"is_active": "Switched on"}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for field in SECRET_FIELDS:
            value = (cleaned.get(field) or "").strip()
            cleaned[field] = "" if value.startswith(MASK) else value
        if self.problem:
            raise forms.ValidationError(self.problem)
        return cleaned


@admin.register(Channel)
class ChannelAdmin(ScopedModelAdmin):
    # A channel's conversations would go with it: it is switched off instead.
    owner_may = frozenset({"view", "add", "change"})
    form = ChannelForm
    list_display = [
        "name_or_kind",
        "kind",
        "state",
        "last_inbound_at",
        "last_outbound_at",
        "business",
    ]
    list_filter = ["kind", "health", "is_active", "business"]
    search_fields = ["name", "external_id", "id"]
    list_select_related = ["business"]
    readonly_fields = ["external_id", "token_line", "secret_line", "snippet", *HEALTH_FIELDS]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("secrets")

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.problem = getattr(request, "channel_problem", "")
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Telegram is asked before Django opens its transaction around the saving."""
        if request.method == "POST":
            connected = self.connect(request, object_id)
            if connected is not None and object_id is None:
                return self.response_add(request, connected)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def connect(self, request: HttpRequest, object_id: str | None) -> Channel | None:
        """The bot's channel when a token or secret was typed and Telegram took it."""
        channel = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and (channel is None or not self.has_change_permission(request, channel)):
            return None
        if object_id is None and not self.has_add_permission(request):
            return None
        form_class = self.get_form(request, channel, change=channel is not None)
        form = form_class(request.POST, instance=channel)
        if not form.is_valid() or form.instance.kind != Channel.Kind.TELEGRAM:
            return None
        token, secret = (form.cleaned_data[name] for name in SECRET_FIELDS)
        if channel is not None and not (token or secret):
            return None
        return self.ask_telegram(request, form.instance, token, secret)

    def ask_telegram(
        self, request: HttpRequest, channel: Channel, token: str, secret: str
    ) -> Channel | None:
        adding = channel._state.adding
        try:
            token = token or channel.secrets.get("token", "")
            if not adding and token.partition(":")[0] != channel.external_id:
                raise DomainError(OTHER_BOT)
            found = connect_telegram(business=channel.business, token=token, secret=secret)
        except DomainError as error:
            request.channel_problem = error.detail  # type: ignore[attr-defined]
            return None
        if adding:
            self.log_addition(request, found, [{"added": {}}])
        return found

    def save_model(
        self, request: HttpRequest, obj: Channel, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        if not change and obj.kind in WITHOUT_SECRETS:
            obj.health = Channel.Health.OK
        super().save_model(request, obj, form, change)

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "kind"] if obj else fields

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        channel = obj if isinstance(obj, Channel) else None
        has_account = channel is not None and channel.kind not in WITHOUT_SECRETS
        account = ["external_id"] if has_account else []
        sets: list[tuple[str | None, dict[str, Any]]] = [
            (None, {"fields": ["business", "kind", "name", *account, "is_active"]})
        ]
        if channel is None:
            sets.append(("Telegram bot", {"fields": [*SECRET_FIELDS]}))
        elif has_account:
            secrets = ["token_line", "new_token", "secret_line", "new_secret"]
            sets.append(("Secrets", {"fields": secrets}))
        if channel is not None and channel.kind == Channel.Kind.WEBCHAT:
            sets.append(("On your site", {"fields": ["snippet"]}))
        if channel is not None:
            sets.append(("Health", {"fields": HEALTH_FIELDS}))
        return [
            (name, options | {"fields": self.without_business(request, options["fields"])})
            for name, options in sets
        ]

    @display(description="Name", ordering="name")
    def name_or_kind(self, channel: Channel) -> str:
        return str(channel)

    @display(description="Health", ordering="health", label=HEALTH_COLOURS)
    def state(self, channel: Channel) -> tuple[str, str]:
        return channel.health, str(channel.get_health_display())

    @display(description="Present token")
    def token_line(self, channel: Channel) -> str:
        return masked_or_none(channel, "token")

    @display(description="Present webhook secret")
    def secret_line(self, channel: Channel) -> str:
        return masked_or_none(channel, "webhook_secret")

    @display(description="Snippet")
    def snippet(self, channel: Channel) -> SafeString:
        address = f"{settings.PUBLIC_URL}/widget/{channel.id}/widget.js"
        tag = f'<script src="{address}" async></script>'
        hint = "Put this line before </body> on each page that shall have the chat."
        return format_html('<code class="deskbell-code">{}</code><br>{}', tag, hint)


def readable_secrets(channel: Channel) -> dict[str, str]:
    """Empty when they were written with a key that is gone: fresh ones can still be entered."""
    try:
        return dict(channel.secrets)
    except SecretUnreadable:
        return {}


def masked_or_none(channel: Channel, key: str) -> str:
    secret = readable_secrets(channel).get(key, "")
    return masked(secret) if secret else "none"


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
