"""`/api/v1/ai/retention/`: how long a business keeps what customers wrote."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from AI_model.services.retention import LONGEST
from core.lib.rest import StrictSerializer
from messaging.api.conversations import MemberView
from settings_app.retention import retention_form, save_retention


def days(least: int, what: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=least, max_value=LONGEST, allow_null=True, help_text=f"{what} Null = for ever."
    )


class RetentionSerializer(StrictSerializer):
    messages_days = days(1, "Messages with their files.")
    media_days = days(1, "Pictures and files.")
    ai_records_days = days(30, "What the AI looked at and called; sums per day stay.")


class RetentionView(MemberView):
    permission_classes = (OwnerWrites,)
    scope_area = "settings"

    @extend_schema(operation_id="ai_retention_get", responses=RetentionSerializer)
    def get(self, request: Request) -> Response:
        """How many days things are kept."""
        return Response(retention_form(self.me.business_id))

    @extend_schema(
        operation_id="ai_retention_put",
        request=RetentionSerializer(partial=True),
        responses=RetentionSerializer,
    )
    def put(self, request: Request) -> Response:
        """Change some of them (owner only); what is older then goes in the next night."""
        serializer = RetentionSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changes: dict[str, Any] = dict(serializer.validated_data)
        save_retention(business=self.me.business, changes=changes, user=self.me, via="api")
        return Response(retention_form(self.me.business_id))
