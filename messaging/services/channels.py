"""Where a channel's platform delivers, and whether a channel is on."""

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from core.lib.errors import DomainError
from messaging.adapters.base import Identity
from messaging.adapters.registry import adapter_for
from messaging.models import Channel

WEBHOOKS = {
    Channel.Kind.TELEGRAM: "/webhooks/telegram/{id}/",
    Channel.Kind.INSTAGRAM: "/webhooks/instagram/",
    Channel.Kind.MESSENGER: "/webhooks/messenger/",
}


def webhook_path(channel: Channel) -> str:
    """Where the platform delivers; empty for channels that need no delivery."""
    return WEBHOOKS.get(Channel.Kind(channel.kind), "").format(id=channel.pk)


def webhook_url(channel: Channel) -> str:
    return settings.PUBLIC_URL.rstrip("/") + webhook_path(channel)


def register_channel(channel: Channel) -> Identity:
    """Ask the platform whose token this is, and have it deliver here. Raises DomainError."""
    adapter, account = adapter_for(channel.kind), channel.account()
    identity = adapter.identify(account)
    if identity.external_id != channel.external_id:
        raise DomainError(_other_account(channel, identity))
    adapter.connect(account, webhook_url(channel))
    return identity


def _other_account(channel: Channel, identity: Identity) -> str:
    platform = channel.get_kind_display()
    if channel.kind == Channel.Kind.TELEGRAM:
        return "Telegram knows this token as another bot's. Copy it again."
    return (
        f"{platform} knows this token as that of the account {identity.external_id}, "
        f"not of {channel.external_id}. Give that id, or the other account's token."
    )


def disconnect_channel(*, channel: Channel) -> Channel:
    """Have the platform stop delivering, and stop using the channel; its history stays."""
    try:
        end_delivery(channel)
        detail = ""
    except DomainError as error:
        detail = f"Disconnected here only: {error.detail}"
    channel.is_active, channel.health_detail = False, detail[:300]
    channel.save(update_fields=["is_active", "health_detail"])
    return channel


def end_delivery(channel: Channel) -> bool:
    """Have the platform stop delivering; False when another channel lives on the same delivery.

    Raises DomainError.
    """
    if _shares_page(channel):
        return False
    adapter_for(channel.kind).disconnect(channel.account())
    return True


def _shares_page(channel: Channel) -> bool:
    """A page has one subscription, for Messenger and for the Instagram account linked to it."""
    if channel.kind == Channel.Kind.MESSENGER:
        by_facebook = Q(kind=Channel.Kind.INSTAGRAM, settings__flavour="facebook_login")
        by_page = by_facebook & Q(settings__page_id=channel.external_id)
    elif channel.settings.get("flavour") == "facebook_login":
        page = channel.settings.get("page_id") or "-"
        by_page = Q(kind=Channel.Kind.MESSENGER, external_id=page)
    else:
        return False
    others = Channel.objects.for_business(channel.business_id)
    return others.filter(by_page, is_active=True).exists()


def reconnect_channel(*, channel: Channel) -> Channel:
    """Use the channel again and have the platform deliver. Raises DomainError, changing nothing."""
    if webhook_path(channel):
        register_channel(channel)
    channel.is_active = True
    note_connected(channel, registered=True)
    channel.save(update_fields=["is_active", *CONNECTED_FIELDS])
    release_waiting(channel)
    return channel


CONNECTED_FIELDS = ("health", "health_detail", "checkup", "checked_at", "settings")


def note_connected(channel: Channel, *, registered: bool) -> None:
    """What a channel is right after it was connected; saves nothing.

    `by_hand`: its owner has the platform deliver, so the doctor leaves that alone.
    """
    now = timezone.now()
    channel.health = Channel.Health.OK if registered else Channel.Health.NEW
    channel.health_detail, channel.checked_at = "", now if registered else None
    channel.checkup = {"registered_at": now.isoformat()} if registered else {}
    kept = {name: value for name, value in channel.settings.items() if name != "by_hand"}
    channel.settings = kept if registered else {**kept, "by_hand": True}


def release_waiting(channel: Channel) -> None:
    """Ask again for what could not be sent while the channel was dead."""
    from messaging.services import delivery  # it reads channels itself

    delivery.release_waiting(channel_id=channel.pk)
