"""Channels in the admin: connecting, secrets, look and health."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core.admin import LinesField, ScopedForm, ScopedModelAdmin
from core.lib.crypto import SecretUnreadable, masked
from core.lib.errors import DomainError
from messaging.models import Channel
from messaging.services.channel_settings import LOOK, switch_channel
from messaging.services.channels import check_channels, connect_telegram
from messaging.webchat.look import DEFAULT_COLOUR, MAX_GREETING, read_colour
from messaging.webchat.origins import MAX_ORIGINS, read_origins

T = TypeVar("T")
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
    colour = forms.CharField(
        required=False,
        max_length=7,
        widget=UnfoldAdminTextInputWidget(),
        help_text=f"Such as {DEFAULT_COLOUR}. Empty = ours.",
    )
    greeting = forms.CharField(
        required=False,
        max_length=MAX_GREETING,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="What a visitor reads first. Empty = our own words.",
    )
    allowed_origins = LinesField(
        required=False,
        max_lines=MAX_ORIGINS,
        max_length=300,
        label="Allowed sites",
        help_text="Sites that may show the chat, one on each line, such as https://shop.example. "
        "Empty = any site.",
    )

    class Meta:
        model = Channel
        fields = ["business", "kind", "name", "is_active"]
        labels = {"is_active": "Switched on"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update((name, self.instance.settings.get(name)) for name in LOOK)

    def clean_colour(self) -> str:
        return _checked(read_colour, str(self.cleaned_data["colour"]))

    def clean_allowed_origins(self) -> list[str]:
        return _checked(read_origins, self.cleaned_data["allowed_origins"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for field in SECRET_FIELDS:
            value = (cleaned.get(field) or "").strip()
            cleaned[field] = "" if value.startswith(MASK) else value
        if self.problem:
            raise forms.ValidationError(self.problem)
        return cleaned


def _checked(read: Callable[[T], T], value: T) -> T:
    try:
        return read(value)
    except DomainError as error:
        raise forms.ValidationError(error.detail) from None


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
    actions = ["check_now"]
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
        if request.method == "POST" and (form := self.form_for_telegram(request, object_id)):
            connected = self.connect(request, form)
            if connected is not None and object_id is None:
                return self.response_add(request, connected)
            if object_id is not None:
                self.switch(request, object_id, on=form.cleaned_data["is_active"])
        return super().changeform_view(request, object_id, form_url, extra_context)

    def form_for_telegram(self, request: HttpRequest, object_id: str | None) -> Any:
        """What was typed for a bot, when it may be and is valid so far; else None."""
        channel = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and (channel is None or not self.has_change_permission(request, channel)):
            return None
        if object_id is None and not self.has_add_permission(request):
            return None
        form_class = self.get_form(request, channel, change=channel is not None)
        form = form_class(request.POST, instance=channel)
        bot = form.is_valid() and form.instance.kind == Channel.Kind.TELEGRAM
        return form if bot else None

    def connect(self, request: HttpRequest, form: Any) -> Channel | None:
        """The bot's channel when a token or secret was typed and Telegram took it."""
        token, secret = (form.cleaned_data[name] for name in SECRET_FIELDS)
        if not form.instance._state.adding and not (token or secret):
            return None
        return self.ask_telegram(request, form.instance, token, secret)

    def switch(self, request: HttpRequest, object_id: str, *, on: bool) -> None:
        """Have Telegram deliver or stop when that was changed; off goes through in any case."""
        channel = self.get_object(request, unquote(object_id))
        if channel is None or channel.is_active == on or hasattr(request, "channel_problem"):
            return
        try:
            switch_channel(channel=channel, on=on)
        except DomainError as error:
            request.channel_problem = error.detail  # type: ignore[attr-defined]
            return
        if channel.health_detail:
            messages.warning(request, channel.health_detail)

    @admin.action(description="Check now", permissions=["change"])
    def check_now(self, request: HttpRequest, chosen: "models.QuerySet[Channel]") -> None:
        for channel in chosen.filter(is_active=False):
            messages.info(request, f"{channel}: switched off, so not checked.")
        for channel, checkup in check_channels(chosen.filter(is_active=True)):
            said = checkup.detail or ("It works." if checkup.ok else "It does not deliver.")
            level = messages.SUCCESS if checkup.ok else messages.WARNING
            messages.add_message(request, level, f"{channel}: {said}")

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
        if change and obj.kind == Channel.Kind.WEBCHAT:
            obj.settings |= {name: form.cleaned_data[name] for name in LOOK}
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
