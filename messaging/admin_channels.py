"""Channels in the admin: connecting, secrets, look, switches and health."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.admin_audit import AuditedAdmin
from accounts.models import User
from core.lib.crypto import SecretUnreadable, masked
from core.lib.errors import DomainError
from messaging.admin_channel_form import (
    PLACE_FIELDS,
    WITH_ACCOUNT,
    ChannelForm,
    connect_as_typed,
)
from messaging.models import Channel
from messaging.services.channel_settings import (
    LOOK,
    SWITCHES,
    decided_of,
    note_channel,
    switch_channel,
)
from messaging.services.channels import webhook_url
from messaging.services.doctor import examine_channels

HEALTH_COLOURS = {
    Channel.Health.OK: "success",
    Channel.Health.NEW: "info",
    Channel.Health.DEAD: "danger",
}
HEALTH_FIELDS = [
    *("health", "health_detail", "checked_at", "token_expires_at", "token_renewed_at"),
    *("last_inbound_at", "last_outbound_at"),
]
META = {Channel.Kind.INSTAGRAM, Channel.Kind.MESSENGER}


@admin.register(Channel)
class ChannelAdmin(AuditedAdmin):
    audit_subject = "channel"
    audit_fields = ("name", "is_active", "settings")
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
    actions = ["check_now"]
    search_fields = ["name", "external_id", "id"]
    list_select_related = ["business"]
    readonly_fields = [
        *("external_id", "webhook", "token_line", "secret_line", "app_secret_line", "snippet"),
        *HEALTH_FIELDS,
    ]

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
        """The platform is asked before Django opens its transaction around the saving."""
        if request.method == "POST" and (form := self.form_with_account(request, object_id)):
            connected = self.connect(request, form) if form.asks_to_connect() else None
            if connected is not None and object_id is None:
                return self.response_add(request, connected)
            if object_id is not None:
                self.switch(request, object_id, on=form.cleaned_data["is_active"])
        return super().changeform_view(request, object_id, form_url, extra_context)

    def form_with_account(self, request: HttpRequest, object_id: str | None) -> Any:
        """What was typed for an account, when it may be and is valid so far; else None."""
        channel = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and (channel is None or not self.has_change_permission(request, channel)):
            return None
        if object_id is None and not self.has_add_permission(request):
            return None
        form_class = self.get_form(request, channel, change=channel is not None)
        form = form_class(request.POST, instance=channel)
        return form if form.is_valid() and form.instance.kind in WITH_ACCOUNT else None

    def connect(self, request: HttpRequest, form: Any) -> Channel | None:
        """The account's channel when the platform took what was typed."""
        adding = form.instance._state.adding
        if adding:
            form.instance.settings = {}
        try:
            channel = connect_as_typed(form.instance, form.cleaned_data)
        except DomainError as error:
            request.channel_problem = error.detail  # type: ignore[attr-defined]
            return None
        if channel.health_detail:
            messages.warning(request, channel.health_detail)
        if adding:
            keep_decided(channel, form.cleaned_data)
            channel.save(update_fields=["settings"])
            self.log_addition(request, channel, [{"added": {}}])
        return channel

    def switch(self, request: HttpRequest, object_id: str, *, on: bool) -> None:
        """Have Telegram deliver or stop when that was changed; off goes through in any case."""
        channel = self.get_object(request, unquote(object_id))
        if channel is None or channel.is_active == on or hasattr(request, "channel_problem"):
            return
        before, user = decided_of(channel), cast(User, request.user)
        try:
            switch_channel(channel=channel, on=on)
        except DomainError as error:
            request.channel_problem = error.detail  # type: ignore[attr-defined]
            return
        note_channel(channel=channel, user=user, via="page", before=before)
        if channel.health_detail:
            messages.warning(request, channel.health_detail)

    @admin.action(description="Check now", permissions=["change"])
    def check_now(self, request: HttpRequest, chosen: "models.QuerySet[Channel]") -> None:
        for channel in chosen.filter(is_active=False):
            messages.info(request, f"{channel}: switched off, so not checked.")
        for report in examine_channels(chosen.filter(is_active=True), fix=True):
            level = messages.SUCCESS if report.ok and report.reached else messages.WARNING
            messages.add_message(request, level, f"{report.channel}: {report.summary}")

    def save_model(
        self, request: HttpRequest, obj: Channel, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        if not change and obj.kind not in WITH_ACCOUNT:
            obj.health = Channel.Health.OK
        if change:
            keep_decided(obj, form.cleaned_data)
        super().save_model(request, obj, form, change)

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "kind"] if obj else fields

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        channel = obj if isinstance(obj, Channel) else None
        account = ["external_id"] if channel is not None and channel.kind in WITH_ACCOUNT else []
        sets: list[tuple[str | None, dict[str, Any]]] = [
            (None, {"fields": ["business", "kind", "name", *account, "is_active"]}),
            *(access_of(channel) if channel is not None else ACCESS_OF_NEW),
        ]
        if channel is not None and channel.kind == Channel.Kind.WEBCHAT:
            sets.append(("On your site", {"fields": ["snippet", *LOOK]}))
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

    @display(description="Present app secret")
    def app_secret_line(self, channel: Channel) -> str:
        return masked_or_none(channel, "app_secret")

    @display(description="Webhook address")
    def webhook(self, channel: Channel) -> str:
        return webhook_url(channel)

    @display(description="Snippet")
    def snippet(self, channel: Channel) -> SafeString:
        address = f"{settings.PUBLIC_URL}/widget/{channel.id}/widget.js"
        tag = f'<script src="{address}" async></script>'
        hint = "Put this line before </body> on each page that shall have the chat."
        return format_html('<code class="deskbell-code">{}</code><br>{}', tag, hint)


ACCESS_OF_NEW: list[tuple[str | None, dict[str, Any]]] = [
    (
        "Access",
        {
            "fields": ["new_token"],
            "description": "For Telegram, Instagram and Facebook Messenger.",
        },
    ),
    (
        "Telegram bot",
        {"fields": ["new_secret", "groups"], "description": "Leave the secret empty if unsure."},
    ),
    (
        "Instagram or Facebook page",
        {
            "fields": [*PLACE_FIELDS, "new_app_secret", "human_agent"],
            "description": "Meta's app needs this installation's address with "
            "/webhooks/instagram/ or /webhooks/messenger/ as its callback. See the README.",
        },
    ),
]


def access_of(channel: Channel) -> list[tuple[str | None, dict[str, Any]]]:
    """What may be entered again for an account, and its switches."""
    if channel.kind == Channel.Kind.TELEGRAM:
        fields = ["token_line", "new_token", "secret_line", "new_secret"]
    elif channel.kind in META:
        by = ["flavour", "page_id"] if channel.kind == Channel.Kind.INSTAGRAM else []
        fields = ["webhook", *by, "token_line", "new_token", "app_secret_line", "new_app_secret"]
    else:
        return []
    switches = list(SWITCHES[channel.kind])
    return [("Access", {"fields": fields}), ("Switches", {"fields": switches})]


def keep_decided(channel: Channel, typed: dict[str, Any]) -> None:
    """Put the look or the switches of a form into the channel's settings; saves nothing."""
    names = LOOK if channel.kind == Channel.Kind.WEBCHAT else SWITCHES.get(channel.kind, ())
    channel.settings = {**channel.settings, **{name: typed[name] for name in names}}


def readable_secrets(channel: Channel) -> dict[str, str]:
    """Empty when they were written with a key that is gone: fresh ones can still be entered."""
    try:
        return dict(channel.secrets)
    except SecretUnreadable:
        return {}


def masked_or_none(channel: Channel, key: str) -> str:
    secret = readable_secrets(channel).get(key, "")
    return masked(secret) if secret else "none"
