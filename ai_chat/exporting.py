"""A chat as a file: the active branch as Markdown, or every branch as JSON. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from ai_chat.models import AIChat, AIMessage
from ai_chat.presentation import chat_form, message_form

KIND, VERSION = "deskbell-chat", 1
WHO = {"user": "You", "assistant": "Assistant", "system": "System"}
MARKS = {
    "stopped": "stopped",
    "failed": "failed",
    "streaming": "unfinished",
    "pending": "unfinished",
}
SHOWN_ONLY = {"ai_chat", "html", "index", "siblings", "timestamp"}


def as_markdown(chat: AIChat, path: Sequence[AIMessage]) -> str:
    """The title, and each turn under who said it and when (UTC)."""
    parts = [f"# {_one_line(chat.title)}", *(_turn(message) for message in path)]
    return "\n\n".join(parts) + "\n"


def _turn(message: AIMessage) -> str:
    who = WHO.get(message.role, message.role)
    about = [message.model_used] if message.model_used else []
    about += [MARKS[message.state]] if message.state in MARKS else []
    named = f"{who} ({', '.join(about)})" if about else who
    return f"## {named}, {message.created_at:%Y-%m-%d %H:%M}\n\n{message.content}".rstrip()


def as_json(chat: AIChat, messages: Sequence[AIMessage], path: Sequence[str]) -> dict[str, Any]:
    """`messages` of all branches by position; `active_path` names those of the active one."""
    return {
        "format": KIND,
        "version": VERSION,
        "chat": chat_form(chat),
        "active_path": list(path),
        "messages": [_plain(message) for message in messages],
    }


def _plain(message: AIMessage) -> dict[str, Any]:
    form = message_form(message, rendered=False)
    return {name: value for name, value in form.items() if name not in SHOWN_ONLY}


def file_name(chat: AIChat, ending: str) -> str:
    """From the title, in letters that every system takes."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", chat.title).strip("-").lower()[:60]
    return f"{plain or 'chat'}.{ending}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
