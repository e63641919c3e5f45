"""What is typed about a channel in the admin."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.models import Business
from core.admin import LinesField, ScopedForm
from core.lib.errors import DomainError
from messaging.models import Channel
from messaging.services.channel_settings import LOOK, SWITCHES
from messaging.services.connecting import (
    FLAVOURS,
    connect_instagram,
    connect_messenger,
    connect_telegram,
)
from messaging.webchat.look import DEFAULT_COLOUR, MAX_GREETING, read_colour
from messaging.webchat.origins import MAX_ORIGINS, read_origins

T = TypeVar("T")
MASK = "••••"
SECRET_FIELDS = ("new_token", "new_secret", "new_app_secret")
PLACE_FIELDS = ("account_id", "flavour", "page_id")
FLAVOUR_NAMES = ("Instagram login", "Facebook login")
WITH_ACCOUNT = {Channel.Kind.TELEGRAM, Channel.Kind.INSTAGRAM, Channel.Kind.MESSENGER}
OTHER_BOT = "This token belongs to another bot. Connect that one as a channel of its own."


def secret_field(label: str, hint: str, *, longest: int = 300) -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}, render_value=False)
    kept = "It is stored encrypted and never shown again."
    return forms.CharField(
        required=False, max_length=longest, widget=widget, label=label, help_text=f"{hint} {kept}"
    )


def short_field(label: str, hint: str, *, longest: int = 30) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget()
    return forms.CharField(
        required=False, max_length=longest, label=label, help_text=hint, widget=widget
    )


def switch_field(label: str, hint: str) -> forms.BooleanField:
    return forms.BooleanField(
        required=False, label=label, help_text=hint, widget=UnfoldBooleanSwitchWidget()
    )


class ChannelForm(ScopedForm):
    """Secrets typed here are kept by the connecting services alone, never by saving the form."""

    problem = ""
    new_token = secret_field(
        "New token",
        "From @BotFather, or the account's from Meta. Empty keeps the present one.",
        longest=1000,
    )
    new_secret = secret_field("New webhook secret", "Empty keeps the present one, or makes one up.")
    account_id = short_field(
        "Account id", "The Instagram account's or the Facebook page's number, as Meta shows it."
    )
    flavour = forms.ChoiceField(
        required=False,
        choices=list(zip(FLAVOURS, FLAVOUR_NAMES, strict=True)),
        label="Connected by",
        help_text="Instagram only: whose login the token was made with.",
        widget=UnfoldAdminSelectWidget(),
    )
    page_id = short_field(
        "Page id", "Only with Facebook login: the page that the account is linked to."
    )
    new_app_secret = secret_field(
        "New app secret", "Only for an app of your own. Empty keeps the present one."
    )
    groups = switch_field(
        "Answer in groups", "The bot answers in groups where it is mentioned or replied to."
    )
    human_agent = switch_field(
        "Human Agent permission",
        "The app holds Meta's permission for it: people may answer for seven days, the AI never.",
    )
    colour = short_field("Colour", f"Such as {DEFAULT_COLOUR}. Empty = ours.", longest=7)
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
        known = self.instance.settings
        names = (*LOOK, "flavour", "page_id", *SWITCHES.get(self.instance.kind, ()))
        self.initial.update((name, known.get(name)) for name in names)

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

    def asks_to_connect(self) -> bool:
        """Whether the platform has to be asked about what was typed."""
        typed = any(self.cleaned_data[name] for name in SECRET_FIELDS)
        return typed or self.instance._state.adding or self._place_changed()

    def _place_changed(self) -> bool:
        known = self.instance.settings
        return self.instance.kind == Channel.Kind.INSTAGRAM and any(
            self.cleaned_data.get(name) and self.cleaned_data[name] != known.get(name, default)
            for name, default in (("flavour", FLAVOURS[0]), ("page_id", ""))
        )


def _checked(read: Callable[[T], T], value: T) -> T:
    try:
        return read(value)
    except DomainError as error:
        raise forms.ValidationError(error.detail) from None


def connect_as_typed(channel: Channel, typed: Mapping[str, Any]) -> Channel:
    """Connect the account of a form, with the present token where none was typed.

    Raises DomainError.
    """
    token = typed["new_token"] or channel.secrets.get("token", "")
    if channel.kind == Channel.Kind.TELEGRAM:
        return _connect_bot(channel, token, typed["new_secret"])
    adding = channel._state.adding
    account: dict[str, Any] = {
        "business": channel.business,
        "account_id": typed["account_id"] if adding else channel.external_id,
        "token": token,
        "app_secret": typed["new_app_secret"],
    }
    if channel.kind == Channel.Kind.MESSENGER:
        return connect_messenger(**account)
    flavour = typed["flavour"] or channel.settings.get("flavour", FLAVOURS[0])
    return connect_instagram(**account, flavour=flavour, page_id=typed["page_id"])


def _connect_bot(channel: Channel, token: str, secret: str) -> Channel:
    if not channel._state.adding and token.partition(":")[0] != channel.external_id:
        raise DomainError(OTHER_BOT)
    business: Business = channel.business
    return connect_telegram(business=business, token=token, secret=secret)
