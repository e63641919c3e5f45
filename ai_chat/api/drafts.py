"""`/api/ai/messages/{id}/insert_draft/`"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_chat.selectors import access_message
from ai_chat.services.drafts import insert_draft
from core.lib.scopes import PEOPLE_ONLY
from messaging.api.conversations import MemberView


class InsertedSerializer(serializers.Serializer[Any]):
    conversation_id = serializers.CharField()
    url = serializers.CharField(help_text="Where the draft waits for a person.")


class InsertDraftView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="ai_messages_insert_draft", request=None, responses=InsertedSerializer
    )
    def post(self, request: Request, ai_message_id: str) -> Response:
        """Put an answer beside the answer box of the attached conversation. Sends nothing."""
        message = access_message(self.me, ai_message_id)
        conversation = insert_draft(message=message, user=self.me)
        return Response({"conversation_id": conversation.pk, "url": f"/inbox/{conversation.pk}/"})
