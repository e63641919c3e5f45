"""Where platforms deliver. An answer goes out only after the commit, and never says 500.

A platform sends again what it gets no 2xx for, and holds back that chat's later messages: so what
is authentic but unreadable is put aside with a 200, and only what may work later gets a 503.
"""

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, DataError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.lib.decoding import DecodeError, decode_json
from messaging.adapters.base import Unreadable
from messaging.adapters.registry import adapter_for
from messaging.models import Channel
from messaging.services.receive import Received, quarantine_payload, receive_events
from messaging.types import ChannelAccount, InboundMessage

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 1024 * 1024
RETRY_AFTER_SECONDS = 5


@csrf_exempt
@require_POST
def telegram_webhook(request: HttpRequest, channel_id: str) -> HttpResponse:
    """`POST /webhooks/telegram/{channel_id}/` (core.telegram.org/bots/api#setwebhook)."""
    with structlog.contextvars.bound_contextvars(channel_id=channel_id):
        try:
            return _take_delivery(request, channel_id)
        except (DatabaseError, InterfaceError) as error:
            log.warning("webhook_database_away", error=type(error).__name__)
        except Exception:
            log.exception("webhook_failed")
        response = _refusal(503, "unavailable", "Not stored. Send it again a little later.")
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response


def _take_delivery(request: HttpRequest, channel_id: str) -> HttpResponse:
    channels = Channel.objects.select_related("business")
    channel = channels.filter(pk=channel_id, kind=Channel.Kind.TELEGRAM).first()
    if channel is None:
        return _refusal(404, "not_found", "There is no channel at this address.")
    account = channel.account()
    if not adapter_for(channel.kind).verify(account, b"", request.headers):
        return _refusal(403, "wrong_secret", "The secret token is missing or wrong.")
    try:
        raw = request.body
    except RequestDataTooBig:
        return _refusal(413, "too_large", f"The body is larger than {MAX_BODY_BYTES} bytes.")
    except UnreadablePostError:
        return _refusal(400, "incomplete", "The body did not arrive whole.")
    received = _store(channel, account, raw)
    return JsonResponse({"status": received.fate, "reason": received.reason})


def _store(channel: Channel, account: ChannelAccount, raw: bytes) -> Received:
    try:
        events = _read(channel.kind, account, raw)
        return _summed_up(receive_events(channel=channel, events=events, raw=raw))
    except (DecodeError, Unreadable) as error:
        reason = error.reason
    except DataError:
        log.exception("webhook_not_storable")
        reason = "the database does not take these values"
    return quarantine_payload(channel=channel, raw=raw, reason=reason)


def _read(kind: str, account: ChannelAccount, raw: bytes) -> list[InboundMessage]:
    payload = decode_json(raw, max_bytes=MAX_BODY_BYTES, allow_nul=True)
    try:
        return adapter_for(kind).parse(account, payload)
    except Unreadable:
        raise
    except Exception as error:  # a fault of ours must not make the platform send it for a day
        log.exception("webhook_not_parsed")
        raise Unreadable("our reader failed; the log says where") from error


def _summed_up(results: list[Received]) -> Received:
    """What the answer says of several events: the first that was stored, else the first."""
    return next((result for result in results if result.fate == "stored"), results[0])


def _refusal(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"detail": detail, "code": code}, status=status)
