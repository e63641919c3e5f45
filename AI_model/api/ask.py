"""`/api/v1/ai/ask/`."""

import time

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from AI_model.api import ask_shapes as shapes
from AI_model.services.asking import api_channel, ask
from core.lib.rest import read_body
from core.throttling import USUAL, AskThrottle
from messaging.api.conversations import MemberView

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key gives the same answer and asks once.",
)


class AskView(MemberView):
    scope_area = "ai"
    throttle_classes = (*USUAL, AskThrottle)

    @extend_schema(
        operation_id="ai_ask",
        parameters=[IDEMPOTENCY_KEY],
        request=shapes.QuestionSerializer,
        responses=shapes.AskedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Ask for a customer, and wait for the answer; the customer's session goes on."""
        started = time.monotonic()
        body, key = read_body(request, shapes.QuestionSerializer), shapes.read_key(request)
        asked = ask(channel=api_channel(self.me.business), key=key, **body)
        return Response(shapes.asked_form(asked, milliseconds=milliseconds_since(started)))


def milliseconds_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
