"""`/api/v1/prompts/…`"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import OwnerWrites
from core.lib.rest import ApiView, page_of, paged, read_body
from settings_app.api import shapes
from settings_app.api.forms import prompts_form, version_form
from settings_app.selectors import access_prompts_version, prompts_of, prompts_versions
from settings_app.services import publish_prompts, roll_back_prompts, save_draft


class PromptsBaseView(ApiView):
    permission_classes = (OwnerWrites,)
    scope_area = "settings"

    @property
    def me(self) -> Any:
        return self.request.user


class PromptsView(PromptsBaseView):
    @extend_schema(operation_id="prompts_get", responses=shapes.PromptsSerializer)
    def get(self, request: Request) -> Response:
        """The published texts, their version, and the draft when there is one."""
        return Response(prompts_form(prompts_of(self.me.business)))

    @extend_schema(
        operation_id="prompts_save_draft",
        request=shapes.TextsBodySerializer,
        responses=shapes.PromptsSerializer,
    )
    def put(self, request: Request) -> Response:
        """Save some of the texts as a draft; answers change with the publish (owner only)."""
        texts = read_body(request, shapes.TextsBodySerializer)
        return Response(prompts_form(save_draft(business=self.me.business, texts=texts)))


class PublishView(PromptsBaseView):
    @extend_schema(
        operation_id="prompts_publish",
        request=shapes.TextsBodySerializer,
        responses=shapes.PromptsSerializer,
    )
    def post(self, request: Request) -> Response:
        """Make the draft the next version, with the texts given here over it (owner only)."""
        texts = read_body(request, shapes.TextsBodySerializer)
        prompts = publish_prompts(business=self.me.business, user=self.me, texts=texts)
        return Response(prompts_form(prompts))


class RollbackView(PromptsBaseView):
    @extend_schema(
        operation_id="prompts_rollback",
        request=shapes.RollbackSerializer,
        responses=shapes.PromptsSerializer,
    )
    def post(self, request: Request) -> Response:
        """Publish an old version as a new one; the draft stays (owner only)."""
        version = read_body(request, shapes.RollbackSerializer)["version"]
        prompts = roll_back_prompts(business=self.me.business, user=self.me, version=version)
        return Response(prompts_form(prompts))


class VersionListView(PromptsBaseView):
    @extend_schema(
        operation_id="prompts_versions",
        parameters=[shapes.VersionsQuery],
        responses=page_of(shapes.VersionSerializer),
    )
    def get(self, request: Request) -> Response:
        """Every version ever published, the newest first."""
        shapes.VersionsQuery.read(request)
        return paged(request, prompts_versions(self.me), version_form)


class VersionView(PromptsBaseView):
    @extend_schema(operation_id="prompts_version", responses=shapes.VersionSerializer)
    def get(self, request: Request, version: int) -> Response:
        """One version."""
        return Response(version_form(access_prompts_version(self.me, version)))
