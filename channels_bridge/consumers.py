"""The sockets: a business's inbox, one conversation, and a visitor of the web chat."""

from typing import Any

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async

from accounts.models import User
from channels_bridge import events
from channels_bridge.auth import current_user, header, query_value, refuse_handshake
from channels_bridge.broadcast import broadcast
from channels_bridge.groups import conversation_group, inbox_group, person_group, visitor_group
from channels_bridge.sockets import NOT_LOGGED_IN, NOT_YOURS, Refusal, Socket
from core.lib.errors import NotFound
from messaging.models import Channel, Conversation
from messaging.presentation import Form
from messaging.selectors import access_conversation
from messaging.services.idle import note_typing
from messaging.webchat.origins import origin_allowed
from messaging.webchat.selectors import find_webchat, visitor_conversation
from messaging.webchat.tokens import WIDGET_PROTOCOL, Visitor, read_token


class PeopleSocket(Socket):
    """A socket of somebody who works for a business."""

    @property
    def user(self) -> User:
        user: User = self.scope["user"]
        return user

    def person(self) -> Form:
        return {"id": self.user.pk, "name": self.user.display_name}

    async def admit(self) -> str:
        if self.scope["user"] is None:
            raise Refusal(NOT_LOGGED_IN)
        if self.user.business_id is None:
            raise Refusal(NOT_YOURS)
        await self.enter()
        await self.join(person_group(self.user.pk))
        return f"user:{self.user.pk}"

    async def enter(self) -> None:
        """Join what the socket is about; raise Refusal."""
        raise NotImplementedError

    async def still_admitted(self) -> int:
        user = await current_user(self.scope["credential"])
        member = user is not None and user.business_id == self.user.business_id
        return 0 if member else NOT_LOGGED_IN

    async def tell_typing(self, conversation_id: str) -> None:
        conversation = await find_conversation(self.user, conversation_id)
        if conversation is None:
            return
        await sync_to_async(note_typing, thread_sensitive=False)(conversation.id)
        event = events.AgentTyping(
            id=conversation.revision,
            conversation_id=conversation.id,
            by="agent",
            user=self.person(),
        )
        await broadcast(inbox_group(conversation.business_id), event)
        await broadcast(conversation_group(conversation.id), event)
        await tell_visitor_of_typing(conversation)


class InboxConsumer(PeopleSocket):
    async def enter(self) -> None:
        await self.join(inbox_group(self.user.business_id or ""))

    async def take_frame(self, frame: dict[str, Any]) -> None:
        await self.tell_typing(str(frame.get("conversation_id", "")))

    async def opened(self) -> None:
        await self._tell_presence(here=True)

    async def left(self) -> None:
        await self._tell_presence(here=False)

    async def _tell_presence(self, *, here: bool) -> None:
        event = events.Presence(id=0, conversation_id=None, user=self.person(), here=here)
        await broadcast(inbox_group(self.user.business_id or ""), event)


class ConversationConsumer(PeopleSocket):
    @property
    def conversation_id(self) -> str:
        return str(self.scope["url_route"]["kwargs"]["conversation_id"])

    async def enter(self) -> None:
        conversation = await find_conversation(self.user, self.conversation_id)
        if conversation is None:
            raise Refusal(NOT_YOURS)
        self.revision = conversation.revision
        await self.join(conversation_group(conversation.id))

    async def take_frame(self, frame: dict[str, Any]) -> None:
        await self.tell_typing(self.conversation_id)

    async def opened(self) -> None:
        await self._tell_presence(here=True)

    async def left(self) -> None:
        await self._tell_presence(here=False)

    async def _tell_presence(self, *, here: bool) -> None:
        event = events.Presence(
            id=self.revision, conversation_id=self.conversation_id, user=self.person(), here=here
        )
        await broadcast(inbox_group(self.user.business_id or ""), event)
        await broadcast(conversation_group(self.conversation_id), event)


class WidgetConsumer(Socket):
    """A visitor's socket. Its token comes as a second subprotocol, or as `?token=` from scripts."""

    visitor: Visitor

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.channel = await find_channel(str(scope["url_route"]["kwargs"]["channel_id"]))
        origin = header(scope, b"origin")
        if self.channel and not origin_allowed(self.channel, origin):
            await refuse_handshake(receive, send)
            return
        await super().__call__(scope, receive, send)

    def subprotocol(self) -> str | None:
        return WIDGET_PROTOCOL if WIDGET_PROTOCOL in self.scope["subprotocols"] else None

    async def admit(self) -> str:
        if self.channel is None:
            raise Refusal(NOT_YOURS)
        visitor = read_token(self._token())
        if visitor is None:
            raise Refusal(NOT_LOGGED_IN)
        if visitor.channel_id != self.channel.id:
            raise Refusal(NOT_YOURS)
        self.visitor = visitor
        await self.join(visitor_group(visitor.channel_id, visitor.id))
        return f"visitor:{visitor.channel_id}:{visitor.id}"

    async def still_admitted(self) -> int:
        if read_token(self._token()) is None:
            return NOT_LOGGED_IN
        return 0 if await find_channel(self.visitor.channel_id) else NOT_YOURS

    async def take_frame(self, frame: dict[str, Any]) -> None:
        conversation = await find_visitor_conversation(self.visitor)
        if conversation is None:
            return
        event = events.AgentTyping(
            id=conversation.revision, conversation_id=conversation.id, by="customer"
        )
        await broadcast(inbox_group(conversation.business_id), event)
        await broadcast(conversation_group(conversation.id), event)

    def _token(self) -> str:
        offered = [name for name in self.scope["subprotocols"] if name != WIDGET_PROTOCOL]
        return offered[0] if offered else query_value(self.scope, "token")


class UnknownConsumer(Socket):
    """Whatever no other route takes."""

    async def admit(self) -> str:
        raise Refusal(NOT_YOURS)


async def tell_visitor_of_typing(conversation: Conversation) -> None:
    if conversation.channel.kind != Channel.Kind.WEBCHAT:
        return
    event = events.AgentTyping(
        id=conversation.revision, conversation_id=conversation.id, by="agent"
    )
    await broadcast(visitor_group(conversation.channel_id, conversation.external_id), event)


@database_sync_to_async
def find_conversation(user: User, conversation_id: str) -> Conversation | None:
    if "\0" in conversation_id:
        return None
    try:
        return access_conversation(user, conversation_id)
    except NotFound:
        return None


@database_sync_to_async
def find_channel(channel_id: str) -> Channel | None:
    return find_webchat(channel_id)


@database_sync_to_async
def find_visitor_conversation(visitor: Visitor) -> Conversation | None:
    return visitor_conversation(visitor)
