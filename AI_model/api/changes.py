"""`/api/v1/ai/config/changes/`: who changed which setting."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import SettingChange
from accounts.permissions import require_owner
from core.lib.rest import QuerySerializer, page_of, paged
from messaging.api.changes import PersonSerializer, person_form
from messaging.api.conversations import MemberView


class SettingChangesQuery(QuerySerializer):
    subject = serializers.CharField(
        max_length=40, required=False, help_text="“ai config”, “channel”, “member”, “retention” …"
    )
    field = serializers.CharField(max_length=60, required=False)


class SettingChangeSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    user = PersonSerializer(allow_null=True)
    via = serializers.CharField(help_text="“page”, “api”, “command” or “system”.")
    subject = serializers.CharField()
    subject_id = serializers.CharField(allow_null=True)
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


def setting_change_form(change: SettingChange) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "user": person_form(change.user),
        "via": change.via,
        "subject": change.subject,
        "subject_id": change.subject_id or None,
        "field": change.field,
        "before": change.before,
        "after": change.after,
    }


class SettingChangesView(MemberView):
    scope_area = "settings"

    @extend_schema(
        operation_id="ai_config_changes",
        parameters=[SettingChangesQuery],
        responses=page_of(SettingChangeSerializer),
    )
    def get(self, request: Request) -> Response:
        """What was changed in the business's settings, the latest first (owner only)."""
        require_owner(self.me)
        query = SettingChangesQuery.read(request)
        chosen = {name: query[name] for name in ("subject", "field") if name in query}
        rows = SettingChange.objects.for_user(self.me).filter(**chosen)
        return paged(
            request, rows.select_related("user").order_by("-at", "-pk"), setting_change_form
        )
