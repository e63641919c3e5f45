"""`/api/ai/folders/…` and `/api/ai/settings/`"""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from ai_chat.api import shapes
from ai_chat.models import Folder
from ai_chat.presentation import folder_form, settings_form
from ai_chat.selectors import access_folder
from ai_chat.services import folders
from ai_chat.services.settings import change_settings, settings_of
from core.lib.rest import page_of, paged, read_body
from core.lib.scopes import PEOPLE_ONLY
from messaging.api.conversations import MemberView


class FolderListView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="ai_folders_list",
        parameters=[shapes.FoldersQuery],
        responses=page_of(shapes.FolderSerializer),
    )
    def get(self, request: Request) -> Response:
        """Your folders by name."""
        shapes.FoldersQuery.read(request)
        return paged(request, Folder.objects.for_user(self.me).order_by("name", "id"), folder_form)

    @extend_schema(
        operation_id="ai_folders_create",
        request=shapes.FolderChangesSerializer,
        responses={201: shapes.FolderSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a folder."""
        name = read_body(request, shapes.FolderChangesSerializer)["name"]
        return Response(folder_form(folders.create_folder(user=self.me, name=name)), status=201)


class FolderView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="ai_folders_get", responses=shapes.FolderSerializer)
    def get(self, request: Request, folder_id: str) -> Response:
        """One of your folders."""
        return Response(folder_form(access_folder(self.me, folder_id)))

    @extend_schema(
        operation_id="ai_folders_rename",
        request=shapes.FolderChangesSerializer,
        responses=shapes.FolderSerializer,
    )
    def patch(self, request: Request, folder_id: str) -> Response:
        """Rename it."""
        found = access_folder(self.me, folder_id)
        name = read_body(request, shapes.FolderChangesSerializer)["name"]
        return Response(folder_form(folders.rename_folder(folder=found, name=name)))

    @extend_schema(operation_id="ai_folders_delete", responses={204: None})
    def delete(self, request: Request, folder_id: str) -> Response:
        """Delete it; its chats stay."""
        folders.delete_folder(folder=access_folder(self.me, folder_id))
        return Response(status=204)


class SettingsView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="ai_settings_get", responses=shapes.ChatSettingsSerializer)
    def get(self, request: Request) -> Response:
        """How you like to chat."""
        return Response(settings_form(settings_of(user=self.me)))

    @extend_schema(
        operation_id="ai_settings_change",
        request=shapes.SettingsChangesSerializer,
        responses=shapes.ChatSettingsSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Change what is given."""
        return self._change(request)

    @extend_schema(
        operation_id="ai_settings_put",
        request=shapes.SettingsChangesSerializer,
        responses=shapes.ChatSettingsSerializer,
    )
    def put(self, request: Request) -> Response:
        """The same as PATCH."""
        return self._change(request)

    def _change(self, request: Request) -> Response:
        changes = read_body(request, shapes.SettingsChangesSerializer)
        return Response(settings_form(change_settings(user=self.me, **changes)))
