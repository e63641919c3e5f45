"""`/api/ai/chats/{id}/export/?as=`"""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_chat.exporting import as_json, as_markdown, file_name
from ai_chat.models import AIChat, AIMessage
from ai_chat.selectors import access_chat, read_skeleton
from core.lib.rest import FilterSerializer
from core.lib.scopes import PEOPLE_ONLY
from messaging.api.conversations import MemberView

FORMATS = ["md", "json"]


class ExportQuery(FilterSerializer):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # `as` is no name that a class body can hold.
        chosen = serializers.ChoiceField(choices=FORMATS, required=False, default="md")
        return super().get_fields() | {"as": chosen}


AS = OpenApiParameter("as", str, enum=FORMATS, default="md", description="Markdown or JSON.")


class ExportView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="ai_chats_export",
        parameters=[AS],
        responses={
            (200, "text/markdown"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
    )
    def get(self, request: Request, ai_chat_id: str) -> HttpResponse | Response:
        """A file: the active branch as Markdown, or all branches as JSON."""
        wanted = ExportQuery.read(request)["as"]
        found = access_chat(self.me, ai_chat_id)
        named = {"Content-Disposition": f'attachment; filename="{file_name(found, wanted)}"'}
        messages = list(AIMessage.objects.filter(chat=found).order_by("position"))
        path = read_skeleton(found.pk).active_path
        if wanted == "json":
            return Response(as_json(found, messages, path), headers=named)
        return HttpResponse(
            _markdown(found, messages, path),
            content_type="text/markdown; charset=utf-8",
            headers=named,
        )


def _markdown(chat: AIChat, messages: list[AIMessage], path: list[str]) -> str:
    by_id = {message.pk: message for message in messages}
    return as_markdown(chat, [by_id[one] for one in path if one in by_id])
