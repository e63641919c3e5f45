"""The socket of a staff chat: its one user says, stops, and sees answers as they come."""

from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async

from accounts.models import User
from ai_chat.answering.related import MOST
from ai_chat.models import AIChat
from ai_chat.selectors import access_chat
from ai_chat.services.messages import say
from ai_chat.services.stopping import stop_running
from channels_bridge.consumers import PeopleSocket
from channels_bridge.events_ai_chat import ChatError
from channels_bridge.groups import ai_chat_group
from channels_bridge.sockets import NOT_YOURS, Refusal
from core.lib.decoding import clean_text
from core.lib.errors import DomainError, NotFound

FRAMES = 'Frames are {"type": "message", "content": …}, {"type": "stop"} and {"type": "ping"}.'
LONGEST_KEY = 64


class AIChatConsumer(PeopleSocket):
    revision = 0

    @property
    def chat_id(self) -> str:
        return str(self.scope["url_route"]["kwargs"]["ai_chat_id"])

    async def enter(self) -> None:
        if not await may_open(self.user, self.chat_id):
            raise Refusal(NOT_YOURS)
        await self.join(ai_chat_group(self.chat_id))

    async def still_admitted(self) -> int:
        code = await super().still_admitted()
        return code or (0 if await may_open(self.user, self.chat_id) else NOT_YOURS)

    async def _answer(self, frame: dict[str, Any]) -> None:
        try:
            await self._take(frame)
        except DomainError as error:
            await self._tell_error(error)

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "ping":
                await self.send_frame({"type": "pong"})
            case "message":
                await self._note(await say_in(self.user, self.chat_id, read_words(frame)))
            case "stop":
                await self._note(await stop_in(self.user, self.chat_id))
            case _:
                raise DomainError(FRAMES, code="unknown_type")

    async def _note(self, chat: AIChat) -> None:
        self.revision = chat.revision

    async def _tell_error(self, error: DomainError) -> None:
        event = ChatError(
            id=self.revision, ai_chat_id=self.chat_id, code=error.code, detail=error.detail
        )
        await self.send_frame(event.to_dict())


@dataclass(frozen=True, slots=True)
class Words:
    """A message frame as `say` takes it."""

    content: str
    include_related: bool | None
    context_limit: int | None
    client_key: str | None


def read_words(frame: dict[str, Any]) -> Words:
    """DomainError in plain words when a field is not what it has to be."""
    content, key = frame.get("content"), frame.get("client_key")
    include = frame.get("include_related_chat_context")
    if not isinstance(content, str):
        raise DomainError("content has to be a text.")
    if include is not None and not isinstance(include, bool):
        raise DomainError("include_related_chat_context has to be true or false.")
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= LONGEST_KEY):
        raise DomainError(f"client_key has to be a text of 1 to {LONGEST_KEY} characters.")
    limit = _limit(frame.get("context_message_limit"))
    return Words(clean_text(content), include, limit, clean_text(key) if key else None)


def _limit(given: object) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST:
        raise DomainError(f"context_message_limit has to be a whole number from 1 to {MOST}.")
    return given


@database_sync_to_async
def may_open(user: User, chat_id: str) -> bool:
    if "\0" in chat_id:
        return False
    try:
        access_chat(user, chat_id)
    except NotFound:
        return False
    return True


@database_sync_to_async
def say_in(user: User, chat_id: str, words: Words) -> AIChat:
    """The chat is looked up anew for every frame: it may have been deleted meanwhile."""
    chat = access_chat(user, chat_id)
    return say(
        chat=chat,
        content=words.content,
        include_related=words.include_related,
        context_limit=words.context_limit,
        client_key=words.client_key,
    ).chat


@database_sync_to_async
def stop_in(user: User, chat_id: str) -> AIChat:
    chat = access_chat(user, chat_id)
    stop_running(chat_id=chat.pk)
    return access_chat(user, chat_id)
