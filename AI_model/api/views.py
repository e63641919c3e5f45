"""`/api/v1/ai/…`, and what the AI adds to conversations and messages."""

from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from accounts.services import update_profile
from AI_model.api import forms
from AI_model.api import serializers as shapes
from AI_model.replies.suggest import suggest_reply
from AI_model.services.config import config_form, save_config
from AI_model.services.status import set_many, set_status
from core.lib.decoding import DecodeError, decode_json
from core.lib.rest import read_body, refuse
from messaging.api.conversations import MemberView
from messaging.selectors import access_conversation, access_message

STRUCTURED = ("business_hours", "holidays", "budgets", "languages")


class ConfigView(MemberView):
    permission_classes = (OwnerWrites,)

    @extend_schema(operation_id="ai_config_get", responses=shapes.ConfigSerializer)
    def get(self, request: Request) -> Response:
        """The business's AI settings."""
        return Response(config_form(self.me.business))

    @extend_schema(
        operation_id="ai_config_put",
        request=shapes.ConfigSerializer(partial=True),
        responses=shapes.ConfigSerializer,
    )
    def put(self, request: Request) -> Response:
        """Change some of the settings (owner only)."""
        serializer = shapes.ConfigSerializer(data=plain_body(request), partial=True)
        serializer.is_valid(raise_exception=True)
        save_config(business=self.me.business, changes=serializer.validated_data)
        return Response(config_form(self.me.business))


def plain_body(request: Request) -> dict[str, Any]:
    """The body as an object; a form gives lists and objects as JSON text."""
    if not isinstance(request.data, QueryDict):
        return dict(request.data)
    return {name: _form_value(name, request.data.getlist(name)) for name in request.data}


def _form_value(name: str, values: list[Any]) -> Any:
    if name not in STRUCTURED:
        return values[-1]
    if name == "languages" and not values[0].startswith("["):
        return values
    try:
        return decode_json(values[-1].encode())
    except DecodeError as error:
        refuse(name, f"Give JSON: {error.reason}.")


class DefaultHandlerView(MemberView):
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
        user = update_profile(user=self.me, **read_body(request, shapes.HandlerSerializer))
        return Response({"default_reply_handler": user.default_reply_handler})


class StatusView(MemberView):
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


class SuggestView(MemberView):
    @extend_schema(
        operation_id="conversations_suggest",
        request=None,
        responses=shapes.SuggestionSerializer,
    )
    def post(self, request: Request, conversation_id: str) -> Response:
        """Draft an answer to the customer's latest words for the inbox; nothing is sent."""
        conversation = access_conversation(self.me, conversation_id)
        return Response(forms.suggestion_form(suggest_reply(conversation=conversation)))


class WhyView(MemberView):
    @extend_schema(operation_id="messages_why", responses=shapes.WhySerializer)
    def get(self, request: Request, message_id: str) -> Response:
        """What an AI message rests on, and what it took."""
        return Response(forms.why_form(access_message(self.me, message_id)))
