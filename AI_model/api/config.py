"""`/api/v1/ai/config/`."""

from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from AI_model.api.config_shapes import ConfigSerializer
from AI_model.services.config import config_form, config_of, save_config
from core.lib.decoding import DecodeError, decode_json
from core.lib.rest import refuse
from messaging.api.conversations import MemberView

STRUCTURED = ("business_hours", "holidays", "budgets", "languages", "texts")
NULLABLE = ("quiet_period_ms", "return_to_ai_after_minutes")


class ConfigView(MemberView):
    permission_classes = (OwnerWrites,)
    scope_area = "settings"

    @extend_schema(operation_id="ai_config_get", responses=ConfigSerializer)
    def get(self, request: Request) -> Response:
        """The business's AI settings."""
        return Response(config_form(self.me.business))

    @extend_schema(
        operation_id="ai_config_put",
        request=ConfigSerializer(partial=True),
        responses=ConfigSerializer,
    )
    def put(self, request: Request) -> Response:
        """Change some of the settings (owner only)."""
        context = {"config": config_of(self.me.business)}
        serializer = ConfigSerializer(data=plain_body(request), partial=True, context=context)
        serializer.is_valid(raise_exception=True)
        save_config(business=self.me.business, changes=serializer.validated_data, user=self.me)
        return Response(config_form(self.me.business))


def plain_body(request: Request) -> dict[str, Any]:
    """The body as an object; a form gives lists and objects as JSON text, and null as nothing."""
    if not isinstance(request.data, QueryDict):
        return dict(request.data)
    return {name: _form_value(name, request.data.getlist(name)) for name in request.data}


def _form_value(name: str, values: list[Any]) -> Any:
    if name not in STRUCTURED:
        return None if values[-1] == "" and name in NULLABLE else values[-1]
    if not all(isinstance(value, str) for value in values):
        refuse(name, "Give text, not a file.")
    if name == "languages" and not values[0].startswith("["):
        return [value for value in values if value]
    try:
        return decode_json(values[-1].encode())
    except DecodeError as error:
        refuse(name, f"Give JSON: {error.reason}.")
