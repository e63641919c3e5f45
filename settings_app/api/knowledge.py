"""`/api/v1/knowledge/…`"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from core.lib.rest import ApiView, page_of, paged, read_body
from settings_app.api import shapes
from settings_app.api.forms import entry_form
from settings_app.models import KnowledgeEntry
from settings_app.selectors import entries_list
from settings_app.services import change_entry, delete_entry, save_entry


class KnowledgeListView(ApiView):
    permission_classes = (OwnerWrites,)
    scope_area = "knowledge"

    @extend_schema(
        operation_id="knowledge_list",
        parameters=[shapes.EntryQuery],
        responses=page_of(shapes.EntrySerializer),
    )
    def get(self, request: Request) -> Response:
        """The entries that answers are made from, the latest change first."""
        query = shapes.EntryQuery.read(request)
        return paged(request, entries_list(_me(request), query), entry_form)

    @extend_schema(
        operation_id="knowledge_create",
        request=shapes.EntryBodySerializer,
        responses={201: shapes.EntrySerializer},
    )
    def post(self, request: Request) -> Response:
        """Add an entry (owner only)."""
        body = read_body(request, shapes.EntryBodySerializer)
        entry = save_entry(business=_me(request).business, **body)
        return Response(entry_form(entry), status=201)


class KnowledgeView(ApiView):
    permission_classes = (OwnerWrites,)
    scope_area = "knowledge"

    @extend_schema(operation_id="knowledge_get", responses=shapes.EntrySerializer)
    def get(self, request: Request, entry_id: str) -> Response:
        """One entry."""
        return Response(entry_form(_entry(request, entry_id)))

    @extend_schema(
        operation_id="knowledge_replace",
        request=shapes.EntryBodySerializer,
        responses=shapes.EntrySerializer,
    )
    def put(self, request: Request, entry_id: str) -> Response:
        """Rewrite an entry; what is left out goes back to its default (owner only)."""
        entry = _entry(request, entry_id)
        body = read_body(request, shapes.EntryBodySerializer)
        return Response(entry_form(change_entry(entry=entry, changes=body)))

    @extend_schema(
        operation_id="knowledge_change",
        request=shapes.EntryBodySerializer(partial=True),
        responses=shapes.EntrySerializer,
    )
    def patch(self, request: Request, entry_id: str) -> Response:
        """Change some of its fields; what is left out stays (owner only)."""
        entry = _entry(request, entry_id)
        serializer = shapes.EntryBodySerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changed = change_entry(entry=entry, changes=serializer.validated_data)
        return Response(entry_form(changed))

    @extend_schema(operation_id="knowledge_delete", responses={204: None})
    def delete(self, request: Request, entry_id: str) -> Response:
        """Delete an entry (owner only)."""
        delete_entry(entry=_entry(request, entry_id))
        return Response(status=204)


def _me(request: Request) -> Any:
    return request.user


def _entry(request: Request, entry_id: str) -> KnowledgeEntry:
    return KnowledgeEntry.objects.access(_me(request), entry_id)
