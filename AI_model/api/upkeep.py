"""`/api/v1/knowledge/upkeep/`"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from AI_model.api import learning_shapes as shapes
from AI_model.models import KnowledgeUpkeep
from AI_model.services.upkeep import ask_for_check, upkeep_of
from core.lib.rest import ApiView

KINDS = ("contradiction", "duplicate", "stale", "unused", "one_phrasing")


class UpkeepView(ApiView):
    permission_classes = (OwnerWrites,)
    scope_area = "knowledge"

    @property
    def me(self) -> Any:
        return self.request.user

    @extend_schema(operation_id="upkeep_get", responses=shapes.UpkeepSerializer)
    def get(self, request: Request) -> Response:
        """Entries and sources that want a look, as the last check found them."""
        return Response(upkeep_form(upkeep_of(self.me)))

    @extend_schema(
        operation_id="upkeep_check", request=None, responses={202: shapes.UpkeepSerializer}
    )
    def post(self, request: Request) -> Response:
        """Check now, not at night (owner only)."""
        return Response(upkeep_form(ask_for_check(business=self.me.business)), status=202)


def upkeep_form(row: KnowledgeUpkeep) -> dict[str, Any]:
    return {
        "checked_at": row.checked_at,
        "asked_at": row.asked_at,
        "version": row.version,
        "counts": {kind: row.counts.get(kind, 0) for kind in KINDS},
        "findings": {kind: row.findings.get(kind, []) for kind in KINDS},
    }
