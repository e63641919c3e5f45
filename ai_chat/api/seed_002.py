"""`/chat/conversations…`, `/chat/messages/…`, `/chat/stats`, `/chat/health` and `/personas`:
the same chats as `/api/ai/`, in the words of another description (seed 002)."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from ai_chat.answering.live import overlay
from ai_chat.api import seed_002_shapes as shapes
from ai_chat.api.messages import SENT, AskingView, path_answer, sent
from ai_chat.api.personas import PersonaListView as AIPersonaListView
from ai_chat.api.personas import PersonaView as AIPersonaView
from ai_chat.api.shapes import SendMessageSerializer
from ai_chat.models import AIMessage
from ai_chat.presentation import seed_chat_form, seed_message_form
from ai_chat.selectors import Step, access_chat, access_message, list_chats
from ai_chat.services import asking, chats, health, messages
from ai_chat.services.personas import access_persona
from ai_chat.services.provisioning import provision
from ai_chat.statistics import figures_of
from AI_model.money import to_dollars
from core.lib.rest import ApiView, page_of, paged, read_body
from core.lib.scopes import PEOPLE_ONLY
from messaging.api.conversations import MemberView


class SeedFace(ApiView):
    """Says 422 where the other face says 400."""

    scope_area = PEOPLE_ONLY

    def handle_exception(self, exc: Exception) -> Response:
        answer: Response = super().handle_exception(exc)
        if answer.status_code == 400:
            answer.status_code = 422
        return answer


def step_form(step: Step) -> dict[str, Any]:
    return seed_message_form(step.message) | {"state": step.message.state}


def changes_in(user: User, body: dict[str, Any]) -> dict[str, Any]:
    """The service's words for a checked body; NotFound for a persona of another."""
    changes = dict(body)
    if "persona_id" in changes:
        chosen = changes.pop("persona_id")
        provision(user=user)
        changes["persona"] = access_persona(user, chosen) if chosen else None
    return changes


class ConversationListView(SeedFace, MemberView):
    @extend_schema(
        operation_id="chat_conversations_list",
        parameters=[shapes.ConversationsQuery],
        responses=page_of(shapes.ChatConversationSerializer),
    )
    def get(self, request: Request) -> Response:
        """Your conversations, the latest first; with one persona where it is named."""
        query = shapes.ConversationsQuery.read(request)
        provision(user=self.me)
        chosen = query.get("persona_id", "")
        persona_id = access_persona(self.me, chosen).pk if chosen else ""
        return paged(request, list_chats(self.me, persona_id=persona_id), seed_chat_form)

    @extend_schema(
        operation_id="chat_conversations_create",
        request=shapes.NewChatConversationSerializer,
        responses={201: shapes.ChatConversationSerializer},
    )
    def post(self, request: Request) -> Response:
        """Start a conversation."""
        body = read_body(request, shapes.NewChatConversationSerializer)
        started = chats.start_chat(user=self.me, **changes_in(self.me, body))
        return Response(seed_chat_form(started), status=201)


class ConversationView(SeedFace, MemberView):
    @extend_schema(
        operation_id="chat_conversations_get", responses=shapes.ChatConversationSerializer
    )
    def get(self, request: Request, ai_chat_id: str) -> Response:
        """One of your conversations."""
        return Response(seed_chat_form(access_chat(self.me, ai_chat_id)))

    @extend_schema(
        operation_id="chat_conversations_put",
        request=shapes.ChatConversationChangesSerializer,
        responses=shapes.ChatConversationSerializer,
    )
    def put(self, request: Request, ai_chat_id: str) -> Response:
        """Change what is given."""
        found = access_chat(self.me, ai_chat_id)
        body = read_body(request, shapes.ChatConversationChangesSerializer)
        changes = changes_in(self.me, body)
        return Response(seed_chat_form(chats.change_chat(chat=found, user=self.me, **changes)))

    @extend_schema(operation_id="chat_conversations_delete", responses={204: None})
    def delete(self, request: Request, ai_chat_id: str) -> Response:
        """Delete it; for 30 days it can be restored."""
        chats.delete_chat(chat=access_chat(self.me, ai_chat_id))
        return Response(status=204)


class SendView(SeedFace, AskingView):
    @extend_schema(
        operation_id="chat_conversations_send", request=SendMessageSerializer, responses=SENT
    )
    def post(self, request: Request, ai_chat_id: str) -> Response:
        """Say something, and wait for the answer."""
        found = access_chat(self.me, ai_chat_id)
        body = read_body(request, SendMessageSerializer)
        say = asking.say_and_wait if body["wait"] else messages.say
        turn = say(chat=found, **self.read_question(body))
        return sent(turn.chat, turn.asked, turn.answer)


class MessagesView(SeedFace, MemberView):
    @extend_schema(
        operation_id="chat_conversations_messages",
        parameters=[shapes.MessagesQuery],
        responses=page_of(shapes.ChatMessageSerializer),
    )
    def get(self, request: Request, ai_chat_id: str) -> Response:
        """The last messages, in order; `previous` leads to earlier ones."""
        query = shapes.MessagesQuery.read(request)
        return path_answer(request, access_chat(self.me, ai_chat_id), query, step_form)


class MessageView(SeedFace, MemberView):
    @extend_schema(operation_id="chat_messages_get", responses=shapes.ChatMessageSerializer)
    def get(self, request: Request, ai_message_id: str) -> Response:
        """One message."""
        message: AIMessage = access_message(self.me, ai_message_id)
        overlay([message])
        return Response(seed_message_form(message) | {"state": message.state})

    @extend_schema(operation_id="chat_messages_delete", responses={204: None})
    def delete(self, request: Request, ai_message_id: str) -> Response:
        """Delete one message for good; what came after it stays."""
        messages.delete_message(message=access_message(self.me, ai_message_id))
        return Response(status=204)


class StatsView(SeedFace, MemberView):
    @extend_schema(operation_id="chat_stats", responses=shapes.ChatStatsSerializer)
    def get(self, request: Request) -> Response:
        """What your chats come to."""
        figures = figures_of(self.me)
        return Response(
            {
                "total_conversations": figures.chats,
                "total_messages": figures.messages,
                "total_tokens": figures.spent.tokens,
                "estimated_cost_usd": to_dollars(figures.spent.nanos),
                "unpriced_calls": figures.spent.unpriced,
            }
        )


class HealthView(SeedFace):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="chat_health", auth=[], responses=shapes.ChatHealthSerializer)
    def get(self, request: Request) -> Response:
        """Whether models answer, as of a minute ago at most. Needs no log-in."""
        state = health.openai_state()
        healthy = health.is_healthy(state)
        return Response({"status": "healthy" if healthy else "degraded", "openai_api": state})


@extend_schema_view(
    get=extend_schema(operation_id="personas_list"),
    post=extend_schema(operation_id="personas_create"),
)
class PersonaListView(SeedFace, AIPersonaListView):
    pass


@extend_schema_view(
    get=extend_schema(operation_id="personas_get"),
    put=extend_schema(operation_id="personas_put"),
    patch=extend_schema(operation_id="personas_change"),
    delete=extend_schema(operation_id="personas_delete"),
)
class PersonaView(SeedFace, AIPersonaView):
    pass
