"""The public forms of chats: the same dicts in REST, sockets and pages; and Markdown as HTML."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from ai_chat.models import AIChat, AIMessage, Folder, Persona, UserSettings
from ai_chat.selectors import Step, TreeReading
from AI_model.money import to_dollars

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Form = dict[str, Any]
KEPT_RENDERED, LONGEST_KEPT = 256, 10_000
LANGUAGE_CLASS = re.compile(r"language-[\w+#.-]{1,40}")
TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
    *("em", "strong", "s", "a", "ul", "ol", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}}


def chat_form(chat: AIChat) -> Form:
    """A chat as its user sees it."""
    return {
        "id": chat.pk,
        "user": chat.user_id,
        "title": chat.title,
        "titled": chat.titled,
        "folder": chat.folder_id,
        "persona": chat.persona_id,
        "model_name": chat.model_name,
        "system_prompt": chat.system_prompt,
        "temperature": chat.temperature,
        "related_chat": chat.related_conversation_id,
        "include_related": chat.include_related,
        "redact_related": chat.redact_related,
        "keep_summary": chat.keep_summary,
        "summary": chat.summary,
        "is_active": chat.is_active,
        "active_leaf": chat.active_leaf_id,
        "revision": chat.revision,
        "created_at": chat.created_at.isoformat(),
        "updated_at": chat.updated_at.isoformat(),
        "deleted_at": chat.deleted_at.isoformat() if chat.deleted_at else None,
    }


def message_form(
    message: AIMessage, *, index: int = 1, siblings: Sequence[str] = (), rendered: bool = True
) -> Form:
    """A message: the `index`-th of its `siblings`; itself alone when none are given.

    `html` is empty unless `rendered`.
    """
    return {
        "id": message.pk,
        "ai_chat": message.chat_id,
        "parent": message.parent_id,
        "role": message.role,
        "content": message.content,
        "html": html_of(message.content) if rendered else "",
        "state": message.state,
        "failure": message.failure,
        "model": message.model_used or None,
        "tokens": {
            "prompt": message.prompt_tokens,
            "completion": message.completion_tokens,
            "total": message.total_tokens,
        },
        "total_tokens": message.total_tokens,
        "money_usd": None if message.money_nanos is None else to_dollars(message.money_nanos),
        "response_time_ms": message.response_time_ms,
        "first_word_ms": message.first_word_ms,
        "context": message.context,
        "index": index,
        "siblings": list(siblings) or [message.pk],
        "created_at": message.created_at.isoformat(),
        "timestamp": message.created_at.isoformat(),
    }


def step_form(step: Step) -> Form:
    return message_form(step.message, index=step.index, siblings=step.siblings)


def seed_chat_form(chat: AIChat) -> Form:
    """A conversation in the words of seed 002."""
    return {
        "id": chat.pk,
        "title": chat.title,
        "persona_id": chat.persona_id,
        "user_id": chat.user_id,
        "is_active": chat.is_active,
        "created_at": chat.created_at.isoformat(),
        "updated_at": chat.updated_at.isoformat(),
    }


def seed_message_form(message: AIMessage) -> Form:
    """A message in the words of seed 002; what only answers have is left out of the others."""
    form: Form = {
        "id": message.pk,
        "conversation_id": message.chat_id,
        "role": message.role,
        "content": message.content,
        "created_at": message.created_at.isoformat(),
    }
    if message.role == AIMessage.Role.ASSISTANT:
        form |= {
            "tokens_used": message.total_tokens,
            "model_used": message.model_used or None,
            "response_time_ms": message.response_time_ms,
        }
    return form


def turn_form(chat: AIChat, asked: AIMessage | None, answer: AIMessage) -> Form:
    """What `send` answers: the shape of seed 002, and where each stands in the tree."""
    return {
        "conversation": seed_chat_form(chat),
        "user_message": asked and seed_message_form(asked) | _place_of(asked),
        "assistant_message": seed_message_form(answer) | _place_of(answer),
    }


def _place_of(message: AIMessage) -> Form:
    names = ("parent", "state", "failure", "html", "context")
    form = message_form(message)
    return {"ai_chat": message.chat_id} | {name: form[name] for name in names}


def tree_form(reading: TreeReading) -> Form:
    """Every message by position, without its words but their beginning."""
    skeleton = reading.skeleton
    return {
        "active_leaf": skeleton.active_leaf_id,
        "active_path": skeleton.active_path,
        "nodes": [
            {
                "id": node.id,
                "parent": skeleton.tree.parent(node.id),
                "role": node.role,
                "state": node.state,
                "position": node.position,
                "preview": reading.previews.get(node.id, ""),
            }
            for node in sorted(skeleton.tree.nodes.values(), key=lambda node: node.position)
        ],
    }


def folder_form(folder: Folder) -> Form:
    return {
        "id": folder.pk,
        "name": folder.name,
        "created_at": folder.created_at.isoformat(),
    }


def persona_form(persona: Persona) -> Form:
    return {
        "id": persona.pk,
        "user_id": persona.user_id,
        "name": persona.name,
        "relation": persona.relation,
        "description": persona.description,
        "manner": persona.manner,
        "created_at": persona.created_at.isoformat(),
        "updated_at": persona.updated_at.isoformat(),
    }


def settings_form(settings: UserSettings) -> Form:
    return {
        "default_model": settings.default_model,
        "system_prompt": settings.system_prompt,
        "temperature": settings.temperature,
        "auto_title": settings.auto_title,
        "last_chat": settings.last_chat_id,
        "updated_at": settings.updated_at.isoformat(),
    }


def html_of(markdown: str) -> str:
    """`render`, with what was shown lately kept at hand."""
    return _kept(markdown) if len(markdown) <= LONGEST_KEPT else render(markdown)


@lru_cache(maxsize=KEPT_RENDERED)
def _kept(markdown: str) -> str:
    return render(markdown)


def render(markdown: str) -> str:
    """Markdown as HTML that shows text and links only: what a model writes is a stranger's.

    No image is loaded, since its address could carry words away.
    """
    import nh3

    if not markdown:
        return ""
    return nh3.clean(
        _reader().render(markdown),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


@cache
def _reader() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return reader.enable(["table", "strikethrough"]).disable("image")


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("code", "class") and not LANGUAGE_CLASS.fullmatch(value):
        return None
    return value
