"""`/api/ai/messages/…`, and the messages of a chat."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from ai_chat.answering.live import overlay
from ai_chat.answering.redaction import Redaction
from ai_chat.answering.related import check_related, read_related
from ai_chat.answering.summary import sum_up
from ai_chat.answering.titles import make_title
from ai_chat.api import shapes
from ai_chat.models import AIChat, AIMessage
from ai_chat.presentation import chat_form, step_form, turn_form
from ai_chat.selectors import Step, access_chat, access_message, path_page, step_of
from ai_chat.services import asking, messages
from ai_chat.services.choices import check_model
from AI_model.services.asking import seat
from core.lib.errors import NotFound
from core.lib.rest import read_body
from core.lib.scopes import PEOPLE_ONLY
from core.throttling import USUAL, AskThrottle
from messaging.api.conversations import MemberView

SENT = {200: shapes.SentSerializer, 202: shapes.SentSerializer}


class AskingView(MemberView):
    """Asks a model, and so counts against the limit of questions."""

    scope_area = PEOPLE_ONLY
    throttle_classes = (*USUAL, AskThrottle)

    def read_question(self, body: dict[str, Any]) -> dict[str, Any]:
        """The services' words for a checked body; DomainError for an unknown model."""
        name = check_model(
            business_id=str(self.me.business_id), model_name=body.get("model_name", "")
        )
        return {
            "content": body["content"],
            "include_related": body.get("include_related_chat_context"),
            "context_limit": body.get("context_message_limit"),
            "client_key": body.get("client_key") or None,
            "model_name": name,
        }


def sent(chat: AIChat, asked: AIMessage | None, answer: AIMessage) -> Response:
    """The turn; 202 while its answer is still to come. NoAnswer when none will."""
    asking.check_answered(answer)
    running = answer.state in (AIMessage.State.PENDING, AIMessage.State.STREAMING)
    return Response(turn_form(chat, asked, answer), status=202 if running else 200)


def path_answer(
    request: Request, chat: AIChat, query: dict[str, Any], form: Callable[[Step], Any]
) -> Response:
    """A part of the active branch, by a checked `before` and `limit`."""
    page = path_page(chat, before=query.get("before"), limit=query["limit"])
    overlay(step.message for step in page.path.steps)
    previous = None
    if page.path.more:
        address = request.build_absolute_uri()
        previous = replace_query_param(address, "before", page.path.steps[0].message.pk)
    return Response(
        {
            "count": page.count,
            "next": None,
            "previous": previous,
            "results": [form(step) for step in page.path.steps],
        }
    )


class PathView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="ai_chats_messages",
        parameters=[shapes.PathQuery],
        responses=shapes.PathSerializer,
    )
    def get(self, request: Request, ai_chat_id: str) -> Response:
        """The end of the active branch, in order; `previous` leads to what stands above."""
        query = shapes.PathQuery.read(request)
        found = access_chat(self.me, ai_chat_id)
        answer = path_answer(request, found, query, step_form)
        answer.data["revision"] = found.revision
        return answer


class SendMessageView(AskingView):
    @extend_schema(
        operation_id="ai_chats_send_message", request=shapes.NewMessageSerializer, responses=SENT
    )
    def post(self, request: Request, ai_chat_id: str) -> Response:
        """Say something, and wait for the answer."""
        found = access_chat(self.me, ai_chat_id)
        body = read_body(request, shapes.NewMessageSerializer)
        question = self.read_question(body)
        if "parent" in body:
            question["parent_id"] = body["parent"]
        say = asking.say_and_wait if body["wait"] else messages.say
        turn = say(chat=found, **question)
        return sent(turn.chat, turn.asked, turn.answer)


class MessageView(AskingView):
    def get_throttles(self) -> list[Any]:
        throttles = super().get_throttles()
        asks = self.request.method == "PATCH"
        return [one for one in throttles if asks or not isinstance(one, AskThrottle)]

    @extend_schema(operation_id="ai_messages_get", responses=shapes.AIMessageSerializer)
    def get(self, request: Request, ai_message_id: str) -> Response:
        """One message, and its place among its siblings."""
        message = access_message(self.me, ai_message_id)
        overlay([message])
        return Response(step_form(step_of(message)))

    @extend_schema(
        operation_id="ai_messages_edit", request=shapes.SendMessageSerializer, responses=SENT
    )
    def patch(self, request: Request, ai_message_id: str) -> Response:
        """Say it in other words: a new branch, with an answer of its own. An answer in your words
        stands beside the model's, and no model is asked."""
        message = access_message(self.me, ai_message_id)
        question = self.read_question(body := read_body(request, shapes.SendMessageSerializer))
        if message.role != AIMessage.Role.USER:
            edited = messages.edit_answer(message=message, content=question["content"])
            return sent(edited.chat, edited.parent, edited)
        edit = asking.edit_and_wait if body["wait"] else messages.edit_message
        turn = edit(message=message, **question)
        return sent(turn.chat, turn.asked, turn.answer)

    @extend_schema(
        operation_id="ai_messages_delete",
        parameters=[shapes.BelowQuery],
        responses={200: shapes.DeletedSerializer},
    )
    def delete(self, request: Request, ai_message_id: str) -> Response:
        """Delete one message for good."""
        below = shapes.BelowQuery.read(request)["below"]
        gone = messages.delete_message(message=access_message(self.me, ai_message_id), below=below)
        return Response(
            {"deleted": gone.deleted, "moved": gone.moved, "active_leaf": gone.active_leaf_id}
        )


class ActivateView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="ai_messages_activate", request=None, responses=shapes.AIChatSerializer
    )
    def post(self, request: Request, ai_message_id: str) -> Response:
        """Switch to the branch of this message."""
        message = access_message(self.me, ai_message_id)
        return Response(chat_form(messages.activate(message=message)))


class RegenerateView(AskingView):
    @extend_schema(
        operation_id="ai_messages_regenerate",
        request=shapes.RegenerateSerializer,
        responses=SENT,
    )
    def post(self, request: Request, ai_message_id: str) -> Response:
        """Another answer to the same words, beside the others."""
        message = access_message(self.me, ai_message_id)
        body = read_body(request, shapes.RegenerateSerializer)
        name = check_model(
            business_id=str(self.me.business_id), model_name=body.get("model_name", "")
        )
        again = asking.ask_again_and_wait if body["wait"] else messages.ask_again
        answer = again(message=message, model_name=name)
        return sent(answer.chat, answer.parent, answer)


class TitleView(AskingView):
    @extend_schema(
        operation_id="ai_chats_regenerate_title", request=None, responses=shapes.AIChatSerializer
    )
    def post(self, request: Request, ai_chat_id: str) -> Response:
        """Have a model name the chat by its first exchange."""
        found = access_chat(self.me, ai_chat_id)
        with seat():
            return Response(chat_form(make_title(chat=found, again=True)))


class SummaryView(AskingView):
    @extend_schema(
        operation_id="ai_chats_summarize", request=None, responses=shapes.AIChatSerializer
    )
    def post(self, request: Request, ai_chat_id: str) -> Response:
        """Have a model sum up the active branch; `summary` holds it."""
        found = access_chat(self.me, ai_chat_id)
        with seat():
            return Response(chat_form(sum_up(chat=found, whole=True)))


class RelatedContextView(MemberView):
    scope_area = PEOPLE_ONLY

    @extend_schema(
        operation_id="ai_chats_related_chat_context",
        parameters=[shapes.RelatedQuery],
        responses=shapes.RelatedContextSerializer,
    )
    def get(self, request: Request, ai_chat_id: str) -> Response:
        """What a model is given of the customer conversation."""
        limit = shapes.RelatedQuery.read(request)["limit"]
        found = access_chat(self.me, ai_chat_id)
        if found.related_conversation_id is None:
            raise NotFound("No customer conversation is attached to this chat.")
        conversation = check_related(user=self.me, conversation_id=found.related_conversation_id)
        said = read_related(conversation, limit=limit)
        redaction = Redaction.of(conversation, said) if found.redact_related else None
        shown = [
            {
                "id": one.pk,
                "type": one.type,
                "text": redaction.hide(one.text) if redaction else one.text,
                "created_at": one.created_at.isoformat(),
            }
            for one in said
        ]
        return Response({"related_chat": conversation.pk, "count": len(shown), "messages": shown})
