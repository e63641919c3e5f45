"""What an owner decides about a channel."""

from collections.abc import Callable
from typing import Any

from accounts.models import User
from accounts.permissions import require_owner
from accounts.services.audit import note_setting
from core.lib.errors import DomainError
from messaging.models import Channel
from messaging.services.channels import disconnect_channel, reconnect_channel
from messaging.services.connecting import connect_instagram, connect_messenger, connect_telegram

MAX_CHANNELS = 100
CHANGEABLE = frozenset({"name", "is_active", "settings"})
LOOK = ("colour", "greeting", "allowed_origins")
# Groups: answer there when addressed. Human agent: the app holds Meta's permission of that name.
SWITCHES: dict[str, tuple[str, ...]] = {
    Channel.Kind.TELEGRAM: ("groups",),
    Channel.Kind.INSTAGRAM: ("human_agent",),
    Channel.Kind.MESSENGER: ("human_agent",),
}
CONNECT: dict[str, Callable[..., Channel]] = {
    Channel.Kind.TELEGRAM: connect_telegram,
    Channel.Kind.INSTAGRAM: connect_instagram,
    Channel.Kind.MESSENGER: connect_messenger,
}
# What connecting an account of each kind takes.
TAKES: dict[str, tuple[str, ...]] = {
    Channel.Kind.TELEGRAM: ("token", "secret", "register"),
    Channel.Kind.INSTAGRAM: (
        *("token", "account_id", "flavour", "page_id", "app_secret", "register"),
    ),
    Channel.Kind.MESSENGER: ("token", "account_id", "app_secret", "register"),
}
NEEDED = ("token", "account_id")


def make_channel(
    *, owner: User, kind: str, settings: dict[str, Any], name: str = "", **access: Any
) -> Channel:
    """A web chat, or an account that is connected with what its connecting service takes.

    Raises DomainError, Conflict.
    """
    business = require_owner(owner)
    _check_names(kind, settings)
    _check_access(kind, access)
    if kind == Channel.Kind.WEBCHAT:
        return create_webchat(owner=owner, name=name or "Web chat", settings=settings)
    _check_room(owner)
    channel = CONNECT[kind](business=business, **access)
    decided: dict[str, Any] = {"settings": settings} if settings else {}
    named = {"name": name} if name else {}
    return change_channel(channel=channel, user=owner, **decided, **named)


def create_webchat(*, owner: User, name: str, settings: dict[str, Any]) -> Channel:
    business = require_owner(owner)
    _check_names(Channel.Kind.WEBCHAT, settings)
    _check_room(owner)
    return Channel.objects.create(
        business=business,
        kind=Channel.Kind.WEBCHAT,
        name=name,
        settings=settings,
        health=Channel.Health.OK,
    )


def change_channel(
    *, channel: Channel, user: User | None = None, via: str = "api", **changes: Any
) -> Channel:
    """Change name, is_active or settings, and log it; settings that are not named stay.

    Switching tells the platform first. Off always works, and `health_detail` says when the platform
    could not be told; on raises DomainError and changes nothing when the platform refuses.
    """
    if unknown := set(changes) - CHANGEABLE:
        raise DomainError(f"{min(unknown)} can't be changed here.")
    if "settings" in changes:
        _check_names(channel.kind, changes["settings"])
    before = decided_of(channel)
    switch_channel(channel=channel, on=changes.pop("is_active", channel.is_active))
    if "settings" in changes:
        changes["settings"] = {**channel.settings, **changes["settings"]}
    for name, value in changes.items():
        setattr(channel, name, value)
    if changes:
        channel.save(update_fields=sorted(changes))
    note_channel(channel=channel, user=user, via=via, before=before)
    return channel


def decided_of(channel: Channel) -> dict[str, Any]:
    """What an owner decides of it, to compare before and after."""
    return {name: getattr(channel, name) for name in sorted(CHANGEABLE)}


def note_channel(*, channel: Channel, user: User | None, via: str, before: dict[str, Any]) -> None:
    note_setting(
        business_id=channel.business_id,
        user=user,
        via=via,
        subject="channel",
        subject_id=channel.pk,
        before=before,
        after=decided_of(channel),
    )


def switch_channel(*, channel: Channel, on: bool) -> Channel:
    if on == channel.is_active:
        return channel
    return reconnect_channel(channel=channel) if on else disconnect_channel(channel=channel)


def _check_names(kind: str, settings: dict[str, Any]) -> None:
    """An owner decides only these; whatever else stands there is written by the product."""
    known = LOOK if kind == Channel.Kind.WEBCHAT else SWITCHES.get(kind, ())
    if unknown := sorted(set(settings) - {*known}):
        problem = f"{unknown[0]}: There is no such setting of this channel."
        raise DomainError(f"settings: {problem}", fields={"settings": [problem]})


def _check_access(kind: str, access: dict[str, Any]) -> None:
    takes = TAKES.get(kind, ())
    for name in sorted(set(access) - {*takes}):
        _refuse(name, "A channel of this kind has no such field.")
    for name in NEEDED:
        if name in takes and not access.get(name):
            _refuse(name, "This field is needed for a channel of this kind.")


def _refuse(name: str, problem: str) -> None:
    raise DomainError(f"{name}: {problem}", fields={name: [problem]})


def _check_room(owner: User) -> None:
    if Channel.objects.for_user(owner).count() >= MAX_CHANNELS:
        raise DomainError(f"A business can have {MAX_CHANNELS} channels at the most.")
