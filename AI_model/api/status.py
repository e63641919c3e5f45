"""Who answers: of one conversation, of many, of new ones."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.services import update_profile
from AI_model.api import forms
from AI_model.api import serializers as shapes
from AI_model.services.status import set_many, set_status
from core.lib.rest import read_body
from messaging.api.conversations import MemberView
from messaging.selectors import access_conversation


class DefaultHandlerView(MemberView):
    scope_area = "settings"

    @extend_schema(operation_id="ai_default_handler_get", responses=shapes.HandlerSerializer)
    def get(self, request: Request) -> Response:
        """Who answers new conversations first; the owner's own setting decides."""
        return Response({"default_reply_handler": self.me.default_reply_handler})

    @extend_schema(
        operation_id="ai_default_handler_put",
        request=shapes.HandlerSerializer,
        responses=shapes.HandlerSerializer,
    )
    def put(self, request: Request) -> Response:
        """Change your own setting."""
        body = read_body(request, shapes.HandlerSerializer)
        user = update_profile(user=self.me, via="api", **body)
        return Response({"default_reply_handler": user.default_reply_handler})


class StatusView(MemberView):
    scope_area = "ai"

    @extend_schema(operation_id="ai_status_get", responses=shapes.StatusAnswerSerializer)
    def get(self, request: Request, conversation_id: str) -> Response:
        """Who answers in this conversation."""
        return Response(forms.status_form(access_conversation(self.me, conversation_id)))

    @extend_schema(
        operation_id="ai_status_put",
        request=shapes.StatusSerializer,
        responses=shapes.StatusAnswerSerializer,
    )
    def put(self, request: Request, conversation_id: str) -> Response:
        """Let the AI answer (`active`) or people (`support_active`), or close it."""
        conversation = access_conversation(self.me, conversation_id)
        status = read_body(request, shapes.StatusSerializer)["status"]
        changed = set_status(conversation=conversation, user=self.me, status=status)
        return Response(forms.status_form(changed))


class BulkStatusView(MemberView):
    scope_area = "ai"

    @extend_schema(
        operation_id="ai_bulk_status",
        request=shapes.BulkStatusSerializer,
        responses=shapes.BulkAnswerSerializer,
    )
    def put(self, request: Request) -> Response:
        """Set the status of many conversations, each on its own."""
        body = read_body(request, shapes.BulkStatusSerializer)
        result = set_many(user=self.me, **body)
        return Response(
            {
                "updated": result.updated,
                "refused": result.refused,
                "not_found": result.not_found,
            }
        )
