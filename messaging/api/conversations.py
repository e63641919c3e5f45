"""`/api/v1/conversations/…`"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.permissions import IsMember
from accounts.selectors import access_member
from core.lib.rest import ApiView, page_of, paged, read_body
from messaging.api import reads
from messaging.api import serializers as shapes
from messaging.api.forms import detail_form
from messaging.models import Conversation
from messaging.presentation import conversation_form, message_form
from messaging.selectors import access_conversation
from messaging.services import conversations as services

CONVERSATION = shapes.ConversationDetailSerializer


class MemberView(ApiView):
    permission_classes = (IsMember,)

    @property
    def me(self) -> Any:
        return self.request.user


class ConversationListView(MemberView):
    scope_area = "conversations"

    @extend_schema(
        operation_id="conversations_list",
        parameters=[shapes.ConversationQuery],
        responses=page_of(shapes.ConversationSerializer),
    )
    def get(self, request: Request) -> Response:
        """Conversations, the latest change first."""
        query = shapes.ConversationQuery.read(request)
        return paged(request, reads.conversations_list(self.me, query), conversation_form)


class ConversationView(MemberView):
    scope_area = "conversations"

    @extend_schema(operation_id="conversations_get", responses=CONVERSATION)
    def get(self, request: Request, conversation_id: str) -> Response:
        """One conversation."""
        return Response(detail_form(access_conversation(self.me, conversation_id)))


class ThreadView(MemberView):
    scope_area = "conversations"

    @extend_schema(
        operation_id="conversations_messages",
        parameters=[shapes.ThreadQuery],
        responses=shapes.ThreadSerializer,
    )
    def get(self, request: Request, conversation_id: str) -> Response:
        """The latest messages in order; `previous` leads to older ones, `after` to changes."""
        conversation = access_conversation(self.me, conversation_id)
        return Response(_thread(request, conversation))

    @extend_schema(
        operation_id="conversations_answer",
        request=shapes.AnswerSerializer,
        responses={201: shapes.MessageSerializer},
    )
    def post(self, request: Request, conversation_id: str) -> Response:
        """Answer as a person, which takes the conversation over."""
        conversation = access_conversation(self.me, conversation_id)
        body = read_body(request, shapes.AnswerSerializer)
        message = services.send_support_message(conversation=conversation, user=self.me, **body)
        return Response(message_form(message), status=201)


def _thread(request: Request, conversation: Conversation) -> dict[str, Any]:
    query = shapes.ThreadQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    limit = min(query.validated_data["limit"], reads.LONGEST_PAGE)
    after, before = query.validated_data.get("after"), query.validated_data.get("before")
    newer = older = None
    if after is not None:
        page = reads.thread_after(conversation, after=after, limit=limit)
        newer = page.messages[-1].revision if page.more else None
    else:
        page = reads.thread_before(conversation, before=before, limit=limit)
        older = page.messages[0].seq if page.more else None
    return {
        "count": conversation.messages.count(),
        "next": _link(request, "after", newer),
        "previous": _link(request, "before", older),
        "revision": conversation.revision,
        "results": [message_form(message) for message in page.messages],
    }


def _link(request: Request, name: str, mark: int | None) -> str | None:
    if mark is None:
        return None
    return replace_query_param(request.build_absolute_uri(), name, mark)


class TakeOverView(MemberView):
    scope_area = "conversations"

    @extend_schema(
        operation_id="conversations_takeover", request=None, responses=shapes.TakenOverSerializer
    )
    def post(self, request: Request, conversation_id: str) -> Response:
        """Make it yours; from this answer on the AI is silent."""
        found = access_conversation(self.me, conversation_id)
        taken = services.take_over(conversation=found, user=self.me)
        return Response(conversation_form(taken.conversation) | {"in_flight": taken.in_flight})


class ReturnView(MemberView):
    scope_area = "conversations"

    @extend_schema(operation_id="conversations_return_to_ai", request=None, responses=CONVERSATION)
    def post(self, request: Request, conversation_id: str) -> Response:
        """Let the AI answer what the customer writes from now on."""
        found = access_conversation(self.me, conversation_id)
        services.return_to_ai(conversation=found, user=self.me)
        return Response(detail_form(access_conversation(self.me, conversation_id)))


class CloseView(MemberView):
    scope_area = "conversations"

    @extend_schema(operation_id="conversations_close", request=None, responses=CONVERSATION)
    def post(self, request: Request, conversation_id: str) -> Response:
        """End it; the customer's next message opens it afresh."""
        found = access_conversation(self.me, conversation_id)
        services.close_conversation(conversation=found, user=self.me)
        return Response(detail_form(access_conversation(self.me, conversation_id)))


class AssignView(MemberView):
    scope_area = "conversations"

    @extend_schema(
        operation_id="conversations_assign",
        request=shapes.AssignSerializer,
        responses=CONVERSATION,
    )
    def post(self, request: Request, conversation_id: str) -> Response:
        """Say whose it is, without changing who answers."""
        found = access_conversation(self.me, conversation_id)
        wanted = read_body(request, shapes.AssignSerializer)["assignee"]
        wanted = str(self.me.pk) if wanted == "me" else wanted
        assignee = access_member(self.me, wanted) if wanted else None
        services.assign_conversation(conversation=found, user=self.me, assignee=assignee)
        return Response(detail_form(access_conversation(self.me, conversation_id)))


class ReadView(MemberView):
    scope_area = "conversations"

    @extend_schema(operation_id="conversations_read", request=None, responses=CONVERSATION)
    def post(self, request: Request, conversation_id: str) -> Response:
        """Nothing unread here any more."""
        found = access_conversation(self.me, conversation_id)
        services.mark_read(conversation=found, user=self.me)
        return Response(detail_form(access_conversation(self.me, conversation_id)))
