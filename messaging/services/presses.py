"""Pressed buttons: the platform shows the customer a spinner until it is told that we noticed."""

from messaging.adapters.registry import adapter_for
from messaging.models import Channel


def acknowledge_press(*, channel_id: str, callback: str) -> None:
    """Best effort: a press is good for minutes only, so nothing of it is kept."""
    channel = Channel.objects.filter(pk=channel_id).first()
    if channel is not None:
        adapter_for(channel.kind).acknowledge(channel.account(), callback)
