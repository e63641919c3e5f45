"""`/api/v1/knowledge/…`"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from core.lib.rest import ApiView, page_of, paged, read_body
from settings_app.api import shapes
from settings_app.api.forms import entry_form
from settings_app.drafts import drafted_entry
from settings_app.listing import drafted_entries_list
from settings_app.models import KnowledgeEntry
from settings_app.selectors import entries_list
from settings_app.services import change_entry, delete_entry, save_entry


class KnowledgeBaseView(ApiView):
    permission_classes = (OwnerWrites,)
    scope_area = "knowledge"

    @property
    def me(self) -> Any:
        return self.request.user


class KnowledgeListView(KnowledgeBaseView):
    @extend_schema(
        operation_id="knowledge_list",
        parameters=[shapes.EntryQuery],
        responses=page_of(shapes.EntrySerializer),
    )
    def get(self, request: Request) -> Response:
        """The entries that answers are made from, the latest change first."""
        query = shapes.EntryQuery.read(request)
        rows: Any = (drafted_entries_list if query["draft"] else entries_list)(self.me, query)
        return paged(request, rows, entry_form)

    @extend_schema(
        operation_id="knowledge_create",
        parameters=[shapes.DraftQuery],
        request=shapes.EntryBodySerializer,
        responses={201: shapes.EntrySerializer},
    )
    def post(self, request: Request) -> Response:
        """Add an entry (owner only)."""
        how = _how(request)
        body = read_body(request, shapes.EntryBodySerializer)
        entry = save_entry(business=self.me.business, **body, **how)
        return Response(entry_form(entry), status=201)


class KnowledgeView(KnowledgeBaseView):
    @extend_schema(
        operation_id="knowledge_get",
        parameters=[shapes.DraftQuery],
        responses=shapes.EntrySerializer,
    )
    def get(self, request: Request, entry_id: str) -> Response:
        """One entry."""
        return Response(entry_form(self.entry(entry_id)))

    @extend_schema(
        operation_id="knowledge_replace",
        parameters=[shapes.DraftQuery],
        request=shapes.EntryBodySerializer,
        responses=shapes.EntrySerializer,
    )
    def put(self, request: Request, entry_id: str) -> Response:
        """Rewrite an entry; what is left out goes back to its default (owner only)."""
        entry = self.entry(entry_id)
        body = read_body(request, shapes.EntryBodySerializer)
        return Response(entry_form(change_entry(entry=entry, changes=body, **_how(request))))

    @extend_schema(
        operation_id="knowledge_change",
        parameters=[shapes.DraftQuery],
        request=shapes.EntryBodySerializer(partial=True),
        responses=shapes.EntrySerializer,
    )
    def patch(self, request: Request, entry_id: str) -> Response:
        """Change some of its fields; what is left out stays (owner only)."""
        entry = self.entry(entry_id)
        serializer = shapes.EntryBodySerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changes = serializer.validated_data
        return Response(entry_form(change_entry(entry=entry, changes=changes, **_how(request))))

    @extend_schema(
        operation_id="knowledge_delete", parameters=[shapes.DraftQuery], responses={204: None}
    )
    def delete(self, request: Request, entry_id: str) -> Response:
        """Delete an entry (owner only)."""
        delete_entry(entry=self.entry(entry_id), **_how(request))
        return Response(status=204)

    def entry(self, entry_id: str) -> KnowledgeEntry:
        if shapes.DraftQuery.read(self.request)["draft"]:
            return drafted_entry(self.me.business_id, entry_id)
        return KnowledgeEntry.objects.access(self.me, entry_id)


def _how(request: Request) -> dict[str, Any]:
    """Who does it, and whether in the draft."""
    as_draft = shapes.DraftQuery.read(request)["draft"]
    return {"as_draft": as_draft, "user": request.user, "via": "api"}
