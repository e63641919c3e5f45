"""What every platform's deliveries share: the limits, the answers, and putting aside.

A platform sends again what it gets no 2xx for, and holds back that chat's later messages: so what
is authentic but unreadable is put aside with a 200, and only what may work later gets a 503.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError

from core.lib.decoding import DecodeError, decode_json
from messaging.adapters.base import Unreadable
from messaging.models import Channel
from messaging.services.arrivals import Received
from messaging.services.receive import quarantine_payload, receive_events
from messaging.types import InboundMessage

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 5
OUR_FAULT = "it could not be stored; the log says where"

View = Callable[..., HttpResponse]
Reader = Callable[[Any], list[InboundMessage]]


class Refused(Exception):
    """A delivery that is not taken; `response` says why."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.response = JsonResponse({"detail": detail, "code": code}, status=status)


def answers_deliveries(view: View) -> View:
    """A refusal as its own answer, and whatever else goes wrong as 503: send it again later."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return refused.response
        except (DatabaseError, InterfaceError) as error:
            log.warning("webhook_database_away", error=type(error).__name__)
        except Exception:
            log.exception("webhook_failed")
        response = Refused(503, "unavailable", "Not stored. Send it again a little later.").response
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response

    return answered


def read_body(request: HttpRequest, *, max_bytes: int) -> bytes:
    """The raw body, never more of it than is taken. Raises Refused (413, 400)."""
    try:
        body = request.read(max_bytes + 1)
    except UnreadablePostError:
        raise Refused(400, "incomplete", "The body did not arrive whole.") from None
    if len(body) > max_bytes:
        raise Refused(413, "too_large", f"The body is larger than {max_bytes} bytes.")
    return body


def read_events(raw: bytes, *, max_bytes: int, parse: Reader) -> list[InboundMessage]:
    """The events of a body. Raises Unreadable, also for what is no JSON and for our own faults."""
    try:
        return parse(decode_json(raw, max_bytes=max_bytes, allow_nul=True))
    except DecodeError as error:
        raise Unreadable(error.reason) from None
    except Unreadable:
        raise
    except Exception as error:  # a fault of ours must not make the platform send it for a day
        log.exception("webhook_not_parsed")
        raise Unreadable("our reader failed; the log says where") from error


def store_events(channel: Channel, events: Sequence[InboundMessage], raw: bytes) -> list[Received]:
    """Store them together; what our own fault keeps from being stored is put aside alone.

    Raises DatabaseError, InterfaceError.
    """
    try:
        return receive_events(channel=channel, events=events, raw=raw)
    except (DatabaseError, InterfaceError):
        raise
    except Exception:  # the platform would send it for a day, and stop delivering to anybody
        log.exception("webhook_not_stored", channel_id=channel.pk, events=len(events))
    if len(events) == 1:
        return [quarantine_payload(channel=channel, raw=events[0].raw or raw, reason=OUR_FAULT)]
    middle = len(events) // 2
    halves = (events[:middle], events[middle:])
    return [result for half in halves for result in store_events(channel, half, raw)]


def sum_up(results: Sequence[Received]) -> JsonResponse:
    """What the answer says of several events: the first that was stored, else the first."""
    chosen = next((result for result in results if result.fate == "stored"), results[0])
    return JsonResponse({"status": chosen.fate, "reason": chosen.reason})
