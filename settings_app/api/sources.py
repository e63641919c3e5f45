"""`/api/v1/knowledge/sources/…`"""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.lib.rest import page_of, paged, read_body
from settings_app.api import shapes_sources as shapes
from settings_app.api.knowledge import KnowledgeBaseView
from settings_app.api.shapes import DraftQuery
from settings_app.models import KnowledgeSource
from settings_app.selectors_sources import (
    access_source,
    difference,
    reading_of,
    source_document,
    source_documents,
    sources_list,
)
from settings_app.sources import (
    add_file,
    add_text,
    add_web,
    change_source,
    delete_source,
    discard_pending,
    publish_pending,
    read_again,
)

SHOWN = ("kind", "title", "url", "file_name", "language", "follow_links", "max_pages")
MORE = ("refresh_hours", "publish_at_once", "is_active", "state", "problem", "reading_done")
TIMES = ("checked_at", "due_at", "created_at", "updated_at")


class SourceBaseView(KnowledgeBaseView):
    def source(self, source_id: str) -> KnowledgeSource:
        return access_source(self.me, source_id)

    def answer(self, source_id: str, status: int = 200) -> Response:
        return Response(source_form(self.source(source_id)), status=status)


class SourceListView(SourceBaseView):
    @extend_schema(
        operation_id="knowledge_sources",
        parameters=[shapes.SourceQuery],
        responses=page_of(shapes.SourceSerializer),
    )
    def get(self, request: Request) -> Response:
        """Texts, files and web addresses that answers may be made from."""
        query = shapes.SourceQuery.read(request)
        return paged(request, sources_list(self.me, query), source_form)

    @extend_schema(
        operation_id="knowledge_source_add",
        parameters=[DraftQuery],
        request={
            "application/json": shapes.SourceBodySerializer,
            "multipart/form-data": shapes.SourceBodySerializer,
        },
        responses={201: shapes.SourceSerializer},
    )
    def post(self, request: Request) -> Response:
        """Add a text, a file or a web address (owner only); the latter two are read afterwards."""
        body = read_body(request, shapes.SourceBodySerializer)
        common: dict[str, Any] = {
            "business": self.me.business,
            "user": self.me,
            "as_draft": is_draft(request),
        }
        if "text" in body:
            source = add_text(**body, **common, via="api")
        elif "file" in body:
            source = add_file(upload=body.pop("file"), **body, **common)
        else:
            source = add_web(**body, **common)
        return self.answer(source.pk, status=201)


class SourceView(SourceBaseView):
    @extend_schema(operation_id="knowledge_source", responses=shapes.SourceSerializer)
    def get(self, request: Request, source_id: str) -> Response:
        """One source, how its reading goes and what it holds."""
        return self.answer(source_id)

    @extend_schema(
        operation_id="knowledge_source_change",
        parameters=[DraftQuery],
        request=shapes.SourceFieldsSerializer,
        responses=shapes.SourceSerializer,
    )
    def patch(self, request: Request, source_id: str) -> Response:
        """Change some of its fields; another address is read at once (owner only)."""
        source = self.source(source_id)
        changes = read_body(request, shapes.SourceFieldsSerializer)
        change_source(
            source=source, changes=changes, as_draft=is_draft(request), user=self.me, via="api"
        )
        return self.answer(source_id)

    @extend_schema(
        operation_id="knowledge_source_delete", parameters=[DraftQuery], responses={204: None}
    )
    def delete(self, request: Request, source_id: str) -> Response:
        """Delete it with all that was read from it (owner only)."""
        source = self.source(source_id)
        delete_source(source=source, as_draft=is_draft(request), user=self.me, via="api")
        return Response(status=204)


class SourceReadView(SourceBaseView):
    @extend_schema(
        operation_id="knowledge_source_read",
        parameters=[DraftQuery],
        request={"multipart/form-data": shapes.SourceFileSerializer},
        responses={202: shapes.SourceSerializer},
    )
    def post(self, request: Request, source_id: str) -> Response:
        """Read it again in the background; a source of kind file needs its file (owner only)."""
        source = self.source(source_id)
        body = read_body(request, shapes.SourceFileSerializer)
        read_again(source=source, user=self.me, upload=body.get("file"), as_draft=is_draft(request))
        return self.answer(source_id, status=202)


class SourcePendingView(SourceBaseView):
    @extend_schema(operation_id="knowledge_source_pending", responses=shapes.DifferenceSerializer)
    def get(self, request: Request, source_id: str) -> Response:
        """What the newer reading would change, word by word; 409 when none waits."""
        source = self.source(source_id)
        reading = reading_of(source)
        return Response(
            {
                "reading": reading.number,
                "found_at": reading.created_at.isoformat(),
                **asdict(difference(source)),
            }
        )

    @extend_schema(
        operation_id="knowledge_source_publish",
        parameters=[shapes.ReadingQuery],
        request=None,
        responses=shapes.SourceSerializer,
    )
    def post(self, request: Request, source_id: str) -> Response:
        """Let the newer reading count (owner only)."""
        source = self.source(source_id)
        publish_pending(source=source, reading=reading_seen(request), user=self.me, via="api")
        return self.answer(source_id)

    @extend_schema(
        operation_id="knowledge_source_discard",
        parameters=[shapes.ReadingQuery],
        responses={204: None},
    )
    def delete(self, request: Request, source_id: str) -> Response:
        """Forget the newer reading; what counts now stays (owner only)."""
        discard_pending(source=self.source(source_id), reading=reading_seen(request))
        return Response(status=204)


class SourceDocumentsView(SourceBaseView):
    @extend_schema(
        operation_id="knowledge_source_documents",
        parameters=[shapes.DocumentsQuery],
        responses=page_of(shapes.DocumentLineSerializer),
    )
    def get(self, request: Request, source_id: str) -> Response:
        """The pages or the file that count now, without their texts."""
        shapes.DocumentsQuery.read(request)
        return paged(request, source_documents(self.source(source_id)), dict)


class SourceDocumentView(SourceBaseView):
    @extend_schema(operation_id="knowledge_source_document", responses=shapes.DocumentSerializer)
    def get(self, request: Request, source_id: str, position: int) -> Response:
        """One document with its text."""
        found = source_document(self.source(source_id), position)
        return Response(
            {
                "position": found.position,
                "place": found.place,
                "title": found.title,
                "characters": len(found.text),
                "text": found.text,
            }
        )


def source_form(source: KnowledgeSource) -> dict[str, Any]:
    times = {name: getattr(source, name) for name in TIMES}
    return {
        "id": source.pk,
        **{name: getattr(source, name) for name in (*SHOWN, *MORE)},
        "reading": source.live,
        "pending": source.pending,
        "pages": getattr(source, "pages", 0),
        "characters": getattr(source, "characters", 0),
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }


def is_draft(request: Request) -> bool:
    return bool(DraftQuery.read(request)["draft"])


def reading_seen(request: Request) -> int | None:
    return shapes.ReadingQuery.read(request).get("reading")
