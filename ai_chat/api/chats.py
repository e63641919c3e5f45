"""`/api/ai/chats/…`: the chats themselves."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from ai_chat import selectors
from ai_chat.api import shapes
from ai_chat.models import Persona
from ai_chat.presentation import chat_form, message_form, tree_form
from ai_chat.services import chats
from ai_chat.services.provisioning import provision
from ai_chat.services.stopping import stop_running
from core.lib.rest import page_of, paged, read_body
from core.lib.scopes import PEOPLE_ONLY
from messaging.api.conversations import MemberView


class ChatListView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="ai_chats_list",
        parameters=[shapes.ChatsQuery],
        responses=page_of(shapes.AIChatSerializer),
    )
    def get(self, request: Request) -> Response:
        """Your chats, the latest first."""
        query = shapes.ChatsQuery.read(request)
        provision(user=self.me)
        if query["deleted"]:
            return paged(request, selectors.deleted_chats(self.me), chat_form)
        rows = selectors.list_chats(
            self.me,
            folder=query.get("folder"),
            search=query.get("search", ""),
            persona_id=query.get("persona", ""),
            related_id=query.get("related_chat", ""),
        )
        return paged(request, rows, chat_form)

    @extend_schema(
        operation_id="ai_chats_create",
        request=shapes.NewChatSerializer,
        responses={201: shapes.AIChatSerializer},
    )
    def post(self, request: Request) -> Response:
        """Start a chat."""
        body = read_body(request, shapes.NewChatSerializer)
        started = chats.start_chat(user=self.me, **changes_in(self.me, body))
        return Response(chat_form(started), status=201)


def changes_in(user: User, body: dict[str, Any]) -> dict[str, Any]:
    """The service's words for a checked body. NotFound for a folder or persona of another."""
    changes = dict(body)
    if "folder" in changes:
        chosen = changes["folder"]
        changes["folder"] = selectors.access_folder(user, chosen) if chosen else None
    if "persona" in changes:
        chosen = changes["persona"]
        changes["persona"] = Persona.objects.access(user, chosen) if chosen else None
    if "related_chat" in changes:
        changes["related_id"] = changes.pop("related_chat") or ""
    return changes


class ChatView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="ai_chats_get", responses=shapes.AIChatSerializer)
    def get(self, request: Request, ai_chat_id: str) -> Response:
        """One of your chats."""
        return Response(chat_form(selectors.access_chat(self.me, ai_chat_id)))

    @extend_schema(
        operation_id="ai_chats_change",
        request=shapes.ChatChangesSerializer,
        responses=shapes.AIChatSerializer,
    )
    def patch(self, request: Request, ai_chat_id: str) -> Response:
        """Change what is given."""
        return self._change(request, ai_chat_id)

    @extend_schema(
        operation_id="ai_chats_put",
        request=shapes.ChatChangesSerializer,
        responses=shapes.AIChatSerializer,
    )
    def put(self, request: Request, ai_chat_id: str) -> Response:
        """The same as PATCH."""
        return self._change(request, ai_chat_id)

    def _change(self, request: Request, ai_chat_id: str) -> Response:
        found = selectors.access_chat(self.me, ai_chat_id)
        body = read_body(request, shapes.ChatChangesSerializer)
        changed = chats.change_chat(chat=found, user=self.me, **changes_in(self.me, body))
        return Response(chat_form(changed))

    @extend_schema(operation_id="ai_chats_delete", responses={204: None})
    def delete(self, request: Request, ai_chat_id: str) -> Response:
        """Delete it; for 30 days `restore/` brings it back."""
        chats.delete_chat(chat=selectors.access_chat(self.me, ai_chat_id))
        return Response(status=204)


class RestoreView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="ai_chats_restore", request=None, responses=shapes.AIChatSerializer)
    def post(self, request: Request, ai_chat_id: str) -> Response:
        """Take back its deletion."""
        found = selectors.access_any_chat(self.me, ai_chat_id)
        return Response(chat_form(chats.restore_chat(chat=found)))


class StopView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="ai_chats_stop", request=None, responses=shapes.StoppedSerializer)
    def post(self, request: Request, ai_chat_id: str) -> Response:
        """End the answers that are being written, and keep what came."""
        found = selectors.access_chat(self.me, ai_chat_id)
        stopped = stop_running(chat_id=found.pk)
        return Response({"stopped": [message_form(message) for message in stopped]})


class TreeView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(operation_id="ai_chats_tree", responses=shapes.TreeSerializer)
    def get(self, request: Request, ai_chat_id: str) -> Response:
        """Every message of every branch, with the beginning of its words."""
        found = selectors.access_chat(self.me, ai_chat_id)
        return Response(tree_form(selectors.read_tree(found)))
