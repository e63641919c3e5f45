"""Deliveries of Telegram: one address for each bot, with the bot's own secret in a header."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core.lib.prepared import prepared_rows
from messaging.adapters.base import Unreadable
from messaging.adapters.registry import adapter_for
from messaging.models import Channel
from messaging.services.arrivals import Received
from messaging.services.receive import quarantine_payload
from messaging.webhooks.edge import Refused, read_body, read_events, store_events, sum_up

MAX_BODY_BYTES = 1024 * 1024


@prepared_rows
def bot_channel(channel_id: str) -> QuerySet[Channel]:
    channels = Channel.objects.select_related("business__ai_config")
    return channels.filter(pk=channel_id, kind=Channel.Kind.TELEGRAM)


def take_update(request: HttpRequest, channel_id: str) -> HttpResponse:
    """Store what an update brings. Raises Refused."""
    channel = bot_channel.first(channel_id=channel_id)
    if channel is None:
        raise Refused(404, "not_found", "There is no channel at this address.")
    if not adapter_for(channel.kind).verify(channel.account(), b"", request.headers):
        raise Refused(403, "wrong_secret", "The secret token is missing or wrong.")
    return sum_up(_store(channel, read_body(request, max_bytes=MAX_BODY_BYTES)))


def _store(channel: Channel, raw: bytes) -> list[Received]:
    adapter, account = adapter_for(channel.kind), channel.account()
    try:
        events = read_events(
            raw, max_bytes=MAX_BODY_BYTES, parse=lambda payload: adapter.parse(account, payload)
        )
    except Unreadable as error:
        return [quarantine_payload(channel=channel, raw=raw, reason=error.reason)]
    return store_events(channel, events, raw)
