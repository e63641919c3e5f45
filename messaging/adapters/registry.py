"""Which adapter serves which kind of channel. A module is imported when it is first needed."""

from functools import cache
from importlib import import_module

from core.lib.errors import DomainError
from messaging.adapters.base import Adapter

ADAPTERS: dict[str, tuple[str, str]] = {
    "telegram": ("Telegram", "messaging.adapters.telegram.TelegramAdapter"),
    "instagram": ("Instagram", "messaging.adapters.instagram.InstagramAdapter"),
    "messenger": ("Facebook Messenger", "messaging.adapters.messenger.MessengerAdapter"),
    "webchat": ("Web chat", "messaging.adapters.webchat.WebChatAdapter"),
    "api": ("API", "messaging.adapters.api.ApiAdapter"),
}


@cache
def adapter_for(kind: str) -> Adapter:
    """The one adapter of this kind in this process."""
    if kind not in ADAPTERS:
        known = ", ".join(ADAPTERS)
        raise DomainError(f"There is no channel of kind “{kind}”; use one of {known}.")
    module, _, name = ADAPTERS[kind][1].rpartition(".")
    adapter: Adapter = getattr(import_module(module), name)()
    return adapter
