"""`/api/v1/conversations/{id}/changes/`: who changed who answers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core.lib.rest import QuerySerializer, page_of, paged
from messaging.api.conversations import MemberView
from messaging.models import Conversation, StatusChange
from messaging.selectors import access_conversation


class ChangesQuery(QuerySerializer):
    pass


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class StatusChangeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    before = serializers.ChoiceField(choices=Conversation.Status.choices)
    after = serializers.ChoiceField(choices=Conversation.Status.choices)
    by = serializers.ChoiceField(choices=StatusChange.By.choices)
    user = PersonSerializer(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    seq = serializers.IntegerField(help_text="The conversation's revision that made it.")


def person_form(user: User | None) -> dict[str, Any] | None:
    return None if user is None else {"id": user.pk, "name": user.display_name}


def change_form(change: StatusChange) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "before": change.before,
        "after": change.after,
        "by": change.by,
        "user": person_form(change.user),
        "reason": change.reason or None,
        "seq": change.seq,
    }


class ChangesView(MemberView):
    scope_area = "conversations"

    @extend_schema(
        operation_id="conversations_changes",
        parameters=[ChangesQuery],
        responses=page_of(StatusChangeSerializer),
    )
    def get(self, request: Request, conversation_id: str) -> Response:
        """Every change of who answers here, the latest first."""
        ChangesQuery.read(request)
        conversation = access_conversation(self.me, conversation_id)
        rows = StatusChange.objects.for_user(self.me).filter(conversation=conversation)
        return paged(request, rows.select_related("user").order_by("-seq", "-pk"), change_form)
