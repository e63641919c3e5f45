"""The active path as the thread shows it."""

from typing import Any

from accounts.models import User
from ai_chat.answering.live import overlay
from ai_chat.models import AIChat, AIMessage
from ai_chat.pages.shown import shown_turn
from ai_chat.presentation import html_of
from ai_chat.selectors import access_message, read_path
from core.lib.errors import NotFound


def access_turn(user: User, chat_id: str, message_id: str) -> AIMessage:
    message = access_message(user, message_id)
    if message.chat_id != chat_id:
        raise NotFound("There is no such message in this chat.")
    return message


def shown_path(chat: AIChat, *, before: str | None = None, limit: int = 50) -> dict[str, Any]:
    """`turns` in order, and `more`: whether there are earlier ones."""
    path = read_path(chat, before=before, limit=limit)
    overlay(step.message for step in path.steps)
    related = chat.related_conversation_id is not None
    turns = [
        shown_turn(
            step.message,
            index=step.index,
            siblings=step.siblings,
            rendered=html_of,
            related=related,
        )
        for step in path.steps
    ]
    return {"turns": turns, "more": path.more, "chat": chat}
