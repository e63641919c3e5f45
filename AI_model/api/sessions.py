"""`/api/v1/ai/sessions/…`."""

import time

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from AI_model.api import ask_shapes, session_reads
from AI_model.api import session_shapes as shapes
from AI_model.api.ask import IDEMPOTENCY_KEY, milliseconds_since
from AI_model.replies.preview import preview_answer
from AI_model.services.asking import ask, seat, usable
from core.lib.rest import page_of, paged, read_body
from core.throttling import USUAL, AskThrottle
from messaging.api.conversations import MemberView
from messaging.models import Channel


class SessionListView(MemberView):
    scope_area = "ai"

    @extend_schema(
        operation_id="ai_sessions_list",
        parameters=[shapes.SessionQuery],
        responses=page_of(shapes.SessionSerializer),
    )
    def get(self, request: Request) -> Response:
        """Sessions, the latest activity first."""
        query = shapes.SessionQuery.read(request)
        return paged(request, session_reads.sessions_list(self.me, query), shapes.session_form)


class SessionView(MemberView):
    scope_area = "ai"

    @extend_schema(operation_id="ai_sessions_get", responses=shapes.SessionDetailSerializer)
    def get(self, request: Request, session_id: str) -> Response:
        """One session with its messages and what its model calls used."""
        found = session_reads.access_session(self.me, session_id)
        return Response(shapes.opened_form(session_reads.open_session(found)))


class SessionSendView(MemberView):
    scope_area = "ai"
    throttle_classes: tuple[type[BaseThrottle], ...] = (*USUAL, AskThrottle)

    @extend_schema(
        operation_id="ai_sessions_send",
        parameters=[IDEMPOTENCY_KEY],
        request=ask_shapes.SendSerializer,
        responses=ask_shapes.SessionAnswerSerializer,
    )
    def post(self, request: Request, session_id: str) -> Response:
        """Go on with a session of the API as its customer; of any other channel's session, see
        what the AI would answer, while nothing is sent or stored there."""
        started = time.monotonic()
        found = session_reads.access_session(self.me, session_id)
        text = read_body(request, ask_shapes.SendSerializer)["message"]
        key = ask_shapes.read_key(request)
        if found.channel.kind == Channel.Kind.API:
            channel, customer = usable(found.channel), found.external_id
            asked = ask(channel=channel, customer_id=customer, question=text, key=key)
            form = ask_shapes.asked_form(asked, milliseconds=milliseconds_since(started))
            return Response(form | {"delivered": asked.in_time})
        with seat():
            preview = preview_answer(conversation=found, text=text, user=self.me)
        form = ask_shapes.previewed_form(preview, milliseconds=milliseconds_since(started))
        return Response(form | {"delivered": False})
