"""A draft for a person, what an answer rests on, and whether it was right."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from AI_model.api import forms
from AI_model.api import serializers as shapes
from AI_model.replies.suggest import suggest_reply
from AI_model.services.asking import seat
from AI_model.services.verdicts import judge_answer
from core.lib.rest import read_body
from messaging.api.conversations import MemberView
from messaging.api.serializers import MessageSerializer
from messaging.presentation import message_form
from messaging.selectors import access_conversation, access_message


class SuggestView(MemberView):
    scope_area = "ai"

    @extend_schema(
        operation_id="conversations_suggest",
        request=None,
        responses=shapes.SuggestionSerializer,
    )
    def post(self, request: Request, conversation_id: str) -> Response:
        """Draft an answer to the customer's latest words for the inbox; nothing is sent."""
        conversation = access_conversation(self.me, conversation_id)
        with seat():
            return Response(forms.suggestion_form(suggest_reply(conversation=conversation)))


class WhyView(MemberView):
    scope_area = "ai"

    @extend_schema(operation_id="messages_why", responses=shapes.WhySerializer)
    def get(self, request: Request, message_id: str) -> Response:
        """What an AI message rests on, and what it took."""
        return Response(forms.why_form(access_message(self.me, message_id)))


class VerdictView(MemberView):
    scope_area = "ai"

    @extend_schema(
        operation_id="messages_verdict",
        request=shapes.VerdictSerializer,
        responses=MessageSerializer,
    )
    def post(self, request: Request, message_id: str) -> Response:
        """Say whether an AI message was right; null takes it back. From enough of these the
        thresholds are learnt."""
        message = access_message(self.me, message_id)
        right = read_body(request, shapes.VerdictSerializer)["right"]
        return Response(message_form(judge_answer(message=message, user=self.me, right=right)))
