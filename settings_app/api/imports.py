"""`/api/v1/knowledge/imports/…`"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from core.lib.rest import ApiView, page_of, paged, read_body
from settings_app.api import shapes_imports as shapes
from settings_app.jobs import start_import
from settings_app.models import KnowledgeJob
from settings_app.selectors_jobs import access_import, imports_list


class ImportListView(ApiView):
    permission_classes = (OwnerWrites,)
    parser_classes = (MultiPartParser,)
    scope_area = "knowledge"

    @extend_schema(
        operation_id="knowledge_imports",
        parameters=[shapes.ImportQuery],
        responses=page_of(shapes.ImportSerializer),
    )
    def get(self, request: Request) -> Response:
        """The imports of files, the newest first."""
        me: Any = request.user
        return paged(request, imports_list(me, shapes.ImportQuery.read(request)), import_form)

    @extend_schema(
        operation_id="knowledge_import",
        request={"multipart/form-data": shapes.ImportBodySerializer},
        responses={202: shapes.ImportSerializer},
    )
    def post(self, request: Request) -> Response:
        """Import a file in the background; ask the import how it goes (owner only)."""
        me: Any = request.user
        body = read_body(request, shapes.ImportBodySerializer)
        job = start_import(
            business=me.business, user=me, upload=body["file"], as_draft=body["as_draft"]
        )
        return Response(import_form(job), status=202)


class ImportView(ApiView):
    permission_classes = (OwnerWrites,)
    scope_area = "knowledge"

    @extend_schema(operation_id="knowledge_import_get", responses=shapes.ImportSerializer)
    def get(self, request: Request, job_id: str) -> Response:
        """One import: how far it is, or what came of it."""
        me: Any = request.user
        return Response(import_form(access_import(me, job_id)))


def import_form(job: KnowledgeJob) -> dict[str, Any]:
    return {
        "id": job.pk,
        **{name: getattr(job, name) for name in ("file_name", "as_draft", "state", "done")},
        **{name: getattr(job, name) for name in ("total", "counts", "rejected", "problem")},
        "created_at": job.created_at.isoformat(),
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }
