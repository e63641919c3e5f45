"""Where platforms deliver. An answer goes out only after the commit, and never says 500."""

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from messaging.models import Channel
from messaging.webhooks.edge import answers_deliveries
from messaging.webhooks.meta import answer_handshake, take_delivery
from messaging.webhooks.telegram import take_update


@csrf_exempt
@require_POST
@answers_deliveries
def telegram_webhook(request: HttpRequest, channel_id: str) -> HttpResponse:
    """`POST /webhooks/telegram/{channel_id}/` (core.telegram.org/bots/api#setwebhook)."""
    with structlog.contextvars.bound_contextvars(channel_id=channel_id):
        return take_update(request, channel_id)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@answers_deliveries
def instagram_webhook(request: HttpRequest) -> HttpResponse:
    """`/webhooks/instagram/` (developers.facebook.com/docs/instagram-platform/webhooks)."""
    return _meta(request, Channel.Kind.INSTAGRAM)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@answers_deliveries
def messenger_webhook(request: HttpRequest) -> HttpResponse:
    """`/webhooks/messenger/` (developers.facebook.com/docs/messenger-platform/webhooks)."""
    return _meta(request, Channel.Kind.MESSENGER)


def _meta(request: HttpRequest, kind: str) -> HttpResponse:
    return answer_handshake(request) if request.method == "GET" else take_delivery(request, kind)
