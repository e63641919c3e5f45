"""`/api/v1/knowledge/draft|publish|versions|rollback/`"""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core.lib.rest import page_of, paged, read_body
from settings_app import history
from settings_app.api import version_shapes as shapes
from settings_app.api.knowledge import KnowledgeBaseView
from settings_app.api.version_forms import Form, change_form, version_forms
from settings_app.drafts import discard_draft, draft_changes, draft_digest
from settings_app.listing import Chained
from settings_app.services import publish_knowledge, roll_back_knowledge


class DraftView(KnowledgeBaseView):
    @extend_schema(
        operation_id="knowledge_draft",
        parameters=[shapes.PageQuery],
        responses=shapes.KnowledgeDraftSerializer,
    )
    def get(self, request: Request) -> Response:
        """What a publish would change, each with the state before and after."""
        shapes.PageQuery.read(request)
        changes = draft_changes(self.me.business_id)
        page = paged(request, changes, change_form)  # type: ignore[type-var,arg-type]  # a list
        digest = draft_digest(self.me.business_id, changes)
        return Response({"digest": digest or None, "changes": page.data})

    @extend_schema(operation_id="knowledge_discard_draft", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Forget all that is drafted, the prompts' draft too (owner only)."""
        discard_draft(business=self.me.business, user=self.me)
        return Response(status=204)


class PublishView(KnowledgeBaseView):
    @extend_schema(
        operation_id="knowledge_publish", request=None, responses=shapes.KnowledgeVersionSerializer
    )
    def post(self, request: Request) -> Response:
        """Make all that is drafted count, the prompts' draft too, as one version (owner only)."""
        number = publish_knowledge(business=self.me.business, user=self.me)
        return Response(_version(self.me, number))


class VersionListView(KnowledgeBaseView):
    @extend_schema(
        operation_id="knowledge_versions",
        parameters=[shapes.PageQuery],
        responses=page_of(shapes.KnowledgeVersionSerializer),
    )
    def get(self, request: Request) -> Response:
        """Every version, the newest first, and how many objects each changed."""
        shapes.PageQuery.read(request)
        page = paged(request, history.knowledge_versions(self.me), lambda version: version)
        page.data["results"] = version_forms(page.data["results"])
        return page


class VersionView(KnowledgeBaseView):
    @extend_schema(
        operation_id="knowledge_version",
        parameters=[shapes.PageQuery],
        responses=shapes.KnowledgeVersionDetailSerializer,
    )
    def get(self, request: Request, number: int) -> Response:
        """One version with what it changed, each with the state before and after."""
        shapes.PageQuery.read(request)
        version = history.access_version(self.me, number)
        changes = Chained(history.prompts_changes(version), history.changes_in(version))
        page = paged(request, changes, change_form)  # type: ignore[type-var,arg-type]  # a list
        return Response({**version_forms([version])[0], "changes": page.data})


class RollbackView(KnowledgeBaseView):
    @extend_schema(
        operation_id="knowledge_rollback",
        request=shapes.KnowledgeRollbackSerializer,
        responses=shapes.KnowledgeVersionSerializer,
    )
    def post(self, request: Request) -> Response:
        """Make what stood at an old version the next one; the draft stays (owner only)."""
        version = read_body(request, shapes.KnowledgeRollbackSerializer)["version"]
        number = roll_back_knowledge(business=self.me.business, user=self.me, version=version)
        return Response(_version(self.me, number))


def _version(user: User, number: int) -> Form:
    return version_forms([history.access_version(user, number)])[0]
