"""What a web chat asks for over HTTP: no cookies, a bearer token that names the visitor."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_GET, require_safe
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.lib.errors import DomainError
from messaging.models import Channel
from messaging.webchat.origins import allowed_origins, origin_allowed
from messaging.webchat.presentation import Form, visitor_conversation_form, visitor_message_form
from messaging.webchat.script import widget_script
from messaging.webchat.selectors import (
    PAGE,
    find_demo_webchat,
    find_webchat,
    get_webchat,
    sample_questions,
    visible_messages,
    visitor_conversation,
)
from messaging.webchat.tokens import Visitor, issue_token, read_token
from messaging.webchat.visitors import slow_down_arrivals, slow_down_writer, write_as_visitor
from settings_app.selectors import business_schedule

SCRIPT_SECONDS = 300
MAX_DIGITS = 18


@require_safe
def script(request: HttpRequest, channel_id: str) -> HttpResponseBase:
    channel = find_webchat(channel_id)
    if channel is None:
        words = "// There is no web chat at this address, or it is switched off.\n"
        return HttpResponse(words, status=404, content_type="text/javascript; charset=utf-8")
    body = widget_script(channel).encode()
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={SCRIPT_SECONDS}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["ETag"] = etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return get_conditional_response(request, etag=etag, response=response) or response


@require_GET
def demo(request: HttpRequest) -> HttpResponse:
    channel = find_demo_webchat()
    if channel is None:
        return render(request, "webchat/demo.html", status=404)
    questions = sample_questions(channel)
    return render(request, "webchat/demo.html", {"channel": channel, "questions": questions})


class VisitorView(APIView):
    """Lets pages of other origins in, as far as the channel allows them."""

    authentication_classes = ()
    permission_classes = ()
    schema = None
    channel: Channel

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.channel = get_webchat(str(kwargs["channel_id"]))
        if not origin_allowed(self.channel, request.headers.get("Origin")):
            raise DomainError(
                "The owner of this chat has not allowed it on this page.",
                code="origin_refused",
                status=403,
            )

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        return Response(status=204)

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Response:
        finished = super().finalize_response(request, response, *args, **kwargs)
        finished["Cache-Control"] = "no-store"
        let_origin_in(finished, getattr(self, "channel", None), request.headers.get("Origin"))
        return finished

    def visitor(self, request: Request) -> Visitor:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        visitor = read_token(token.strip()) if scheme.lower() == "bearer" else None
        if visitor is None or visitor.channel_id != self.channel.id:
            raise DomainError("This chat has to be opened anew.", code="no_visitor", status=401)
        return visitor


class VisitorsView(VisitorView):
    def post(self, request: Request, channel_id: str) -> Response:
        slow_down_arrivals(address_of(request))
        state = state_form(self.channel, None)
        return Response({"token": issue_token(channel_id), **state}, status=201)


class MessagesView(VisitorView):
    def get(self, request: Request, channel_id: str) -> Response:
        visitor, after = self.visitor(request), cursor_of(request)
        # Read before the messages: a change in between comes twice, never not at all.
        conversation = visitor_conversation(visitor)
        messages = visible_messages(visitor, after=after)
        cursor = conversation.revision if conversation else 0
        if after and len(messages) == PAGE:
            cursor = messages[-1].revision
        forms = [visitor_message_form(message) for message in messages]
        state = state_form(self.channel, visitor_conversation_form(conversation))
        return Response({"messages": forms, "cursor": cursor, **state})

    def post(self, request: Request, channel_id: str) -> Response:
        visitor = self.visitor(request)
        slow_down_writer(visitor, address_of(request))
        body: Any = request.data
        message, new = write_as_visitor(
            channel=self.channel,
            visitor=visitor,
            text=body.get("text"),
            client_key=body.get("client_key"),
            option=body.get("option"),
        )
        return Response({"message": visitor_message_form(message)}, status=201 if new else 200)


def let_origin_in(response: Response, channel: Channel | None, origin: str | None) -> None:
    limited = channel is not None and bool(allowed_origins(channel))
    patch_vary_headers(response, ["Origin"])
    if limited and channel and origin and origin_allowed(channel, origin):
        response["Access-Control-Allow-Origin"] = origin
    elif not limited:
        response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Allow-Methods"] = "GET, POST"
    response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    response["Access-Control-Expose-Headers"] = "Retry-After"
    response["Access-Control-Max-Age"] = "7200"


def state_form(channel: Channel, conversation: Form | None) -> Form:
    """Who answers, and whether the business is open; the same in every answer."""
    return {
        "conversation": conversation or visitor_conversation_form(None),
        "is_open": business_schedule(channel.business_id).is_open(timezone.now()),
    }


def cursor_of(request: Request) -> int:
    text = request.query_params.get("after", "0")
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_DIGITS:
        problem = "“after” is the cursor of an earlier answer, a whole number."
        raise DomainError(problem, fields={"after": [problem]})
    return int(text)


def address_of(request: Request) -> str:
    """The caller's address; behind a proxy the server has put the real one there."""
    return str(request.META.get("REMOTE_ADDR", ""))
