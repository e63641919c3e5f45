"""Deliveries of Meta's apps: one address for all accounts of an app, told apart by their ids."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.lib.on_commit import hints_held
from messaging.adapters.base import Unreadable
from messaging.adapters.meta_events import UNREADABLE
from messaging.adapters.meta_fields import digest
from messaging.adapters.meta_signature import HEADER, is_signature, is_signed
from messaging.adapters.registry import adapter_for
from messaging.models import Channel
from messaging.services.arrivals import Received
from messaging.services.receive import quarantine_payload
from messaging.types import InboundMessage
from messaging.webhooks.edge import Refused, read_body, read_events, store_events, sum_up

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 8 * 1024 * 1024  # a thousand events of a thousand escaped characters
MAX_CHALLENGE = 1000
MAX_NAMED_IDS = 5000
NAMED_ID = re.compile(rb'"id"\s*:\s*"?([A-Za-z0-9_.:-]{1,120})')
NO_ACCOUNT = "no account of this server is named in it"


@dataclass(frozen=True, slots=True)
class Delivery:
    """An authentic POST. `signers` are the channels whose own secret signed it; None when one of
    the server's did, which speaks for every account."""

    kind: str
    raw: bytes
    signers: frozenset[str] | None

    def speaks_for(self, channel: Channel) -> bool:
        return self.signers is None or channel.pk in self.signers


def answer_handshake(request: HttpRequest) -> HttpResponse:
    """The challenge, as plain text, to whoever knows the verify token. Raises Refused."""
    known, asked = settings.INSTAGRAM_VERIFY_TOKEN, request.GET
    given = asked.get("hub.verify_token", "").encode("utf-8", "replace")
    challenge = asked.get("hub.challenge", "")
    right = bool(known) and hmac.compare_digest(given, known.encode())
    if not right or asked.get("hub.mode") != "subscribe":
        raise Refused(403, "wrong_token", "The verify token is missing or wrong.")
    if not 0 < len(challenge) <= MAX_CHALLENGE or not challenge.isprintable():
        raise Refused(403, "no_challenge", "There is no challenge that can be given back.")
    return HttpResponse(challenge, content_type="text/plain")


def take_delivery(request: HttpRequest, kind: str) -> HttpResponse:
    """Store the events of a signed POST. Raises Refused."""
    header = request.headers.get(HEADER, "")
    if not is_signature(header):
        raise Refused(403, "wrong_signature", "The signature is missing or wrong.")
    raw = read_body(request, max_bytes=MAX_BODY_BYTES)
    with hints_held():
        return sum_up(_store(_authentic(kind, raw, header)))


def _authentic(kind: str, raw: bytes, header: str) -> Delivery:
    if is_signed(raw, header, settings.INSTAGRAM_APP_SECRETS):
        return Delivery(kind, raw, None)
    signers = {
        channel.pk
        for channel in _named_channels(kind, raw)
        if is_signed(raw, header, [channel.secrets.get("app_secret", "")])
    }
    if not signers:
        raise Refused(403, "wrong_signature", "The signature is missing or wrong.")
    return Delivery(kind, raw, frozenset(signers))


def _named_channels(kind: str, raw: bytes) -> list[Channel]:
    """The channels whose account's id stands somewhere in these bytes, read or unreadable."""
    ids: dict[str, None] = {}
    for found in NAMED_ID.finditer(raw):
        ids[found[1].decode()] = None
        if len(ids) == MAX_NAMED_IDS:
            break
    return _channels(kind, list(ids))


def _channels(kind: str, account_ids: Sequence[str]) -> list[Channel]:
    named = [account_id for account_id in account_ids if account_id]
    if not named:
        return []
    channels = Channel.objects.select_related("business")
    return list(channels.filter(kind=kind, external_id__in=named).order_by("created_at"))


def _store(delivery: Delivery) -> list[Received]:
    """One transaction for each account, so that none waits for another or fails with it."""
    try:
        parse = adapter_for(delivery.kind).parse_batch
        events = read_events(delivery.raw, max_bytes=MAX_BODY_BYTES, parse=parse)
    except Unreadable as error:
        return [_put_aside(delivery, delivery.raw, error.reason)]
    by_account: dict[str, list[InboundMessage]] = {}
    for event in events:
        by_account.setdefault(event.account_key, []).append(event)
    channels = {c.external_id: c for c in _channels(delivery.kind, list(by_account))}
    return [
        result
        for account, part in by_account.items()
        for result in _store_for(delivery, channels.get(account), part)
    ]


def _store_for(
    delivery: Delivery, channel: Channel | None, events: list[InboundMessage]
) -> list[Received]:
    if channel is not None and delivery.speaks_for(channel):
        with structlog.contextvars.bound_contextvars(channel_id=channel.pk):
            return store_events(channel, events, delivery.raw)
    reason = NO_ACCOUNT if channel is None else "signed by another account's app"
    log.info("webhook_not_ours", kind=delivery.kind, events=len(events), reason=reason)
    return [_unowned(delivery, event, reason) for event in events]


def _unowned(delivery: Delivery, event: InboundMessage, reason: str) -> Received:
    if event.reason.startswith(UNREADABLE):
        return _put_aside(delivery, event.raw, event.reason.removeprefix(UNREADABLE))
    return Received("ignored", reason)


def _put_aside(delivery: Delivery, raw: bytes, reason: str) -> Received:
    """Kept with the channel that it names or, where there is one only, with that one. Otherwise
    nobody's business may hold it, and the log has its digest."""
    named = _named_channels(delivery.kind, raw) or list(_only_channel(delivery.kind))
    channel = next((c for c in named if delivery.speaks_for(c)), None)
    if channel is not None:
        return quarantine_payload(channel=channel, raw=raw, reason=reason)
    log.warning("webhook_unreadable", kind=delivery.kind, reason=reason, sha256=digest(raw))
    return Received("ignored", f"{reason}; {NO_ACCOUNT}")


def _only_channel(kind: str) -> Sequence[Channel]:
    two = list(Channel.objects.filter(kind=kind).select_related("business")[:2])
    return two if len(two) == 1 else ()
