"""What an owner decides about a channel."""

from typing import Any

from accounts.models import User
from accounts.permissions import require_owner
from core.lib.errors import DomainError
from messaging.models import Channel
from messaging.services.channels import disconnect_channel, reconnect_channel

MAX_CHANNELS = 100
CHANGEABLE = frozenset({"name", "is_active", "settings"})
LOOK = ("colour", "greeting", "allowed_origins")
# Groups: answer there when addressed. Human agent: the app holds Meta's permission of that name.
SWITCHES: dict[str, tuple[str, ...]] = {
    Channel.Kind.TELEGRAM: ("groups",),
    Channel.Kind.INSTAGRAM: ("human_agent",),
    Channel.Kind.MESSENGER: ("human_agent",),
}


def create_webchat(*, owner: User, name: str, settings: dict[str, Any]) -> Channel:
    business = require_owner(owner)
    _check_names(Channel.Kind.WEBCHAT, settings)
    if Channel.objects.for_user(owner).count() >= MAX_CHANNELS:
        raise DomainError(f"A business can have {MAX_CHANNELS} channels at the most.")
    return Channel.objects.create(
        business=business,
        kind=Channel.Kind.WEBCHAT,
        name=name,
        settings=settings,
        health=Channel.Health.OK,
    )


def change_channel(*, channel: Channel, **changes: Any) -> Channel:
    """Change name, is_active or settings; settings that are not named stay.

    Switching tells the platform first. Off always works, and `health_detail` says when the platform
    could not be told; on raises DomainError and changes nothing when the platform refuses.
    """
    if unknown := set(changes) - CHANGEABLE:
        raise DomainError(f"{min(unknown)} can't be changed here.")
    if "settings" in changes:
        _check_names(channel.kind, changes["settings"])
        changes["settings"] = {**channel.settings, **changes["settings"]}
    switch_channel(channel=channel, on=changes.pop("is_active", channel.is_active))
    for name, value in changes.items():
        setattr(channel, name, value)
    if changes:
        channel.save(update_fields=sorted(changes))
    return channel


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
