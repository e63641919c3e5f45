"""A chat's title after its first exchange, or when its user asks for another one."""

import re

from django.db import transaction
from django.db.models import Q

from ai_chat.answering.failures import failure_of
from ai_chat.answering.prompts import own_settings
from ai_chat.answering.small import ask_model, hosted_chain
from ai_chat.models import AIChat, AIMessage
from ai_chat.services.revisions import advance
from ai_chat.signals import chat_changed
from AI_model.replies.defusing import defused
from core.lib.decoding import clean_text
from core.lib.errors import DomainError, NotFound

PURPOSE = "chat_title"
LONGEST = 80
LONGEST_OF_WORDS = 48
SHOWN = 2_000
TOKENS = 48
SYSTEM = (
    "Give a title for the talk below: at most six words, in the language of the talk, without "
    "quotation marks and without a full stop. Answer with the title alone."
)
_LABEL = re.compile(r"^\s*(?:#+\s*|title\s*[:：-]\s*|[*_]{2})", re.I)
_MARKS = "\"'“”„‚‘’«»‹›*_`#.。 \t"


def title_if_wanted(*, chat_id: str) -> None:
    """Unless somebody gave one, or its user wants none of a model."""
    rows = AIChat.objects.select_related("business", "user")
    chat = rows.filter(pk=chat_id, titled=AIChat.Titled.NOT_YET, deleted_at=None).first()
    if chat is not None and own_settings(chat).auto_title:
        make_title(chat=chat)


def make_title(*, chat: AIChat, again: bool = False) -> AIChat:
    """Name the chat by its first exchange. `again`: its user asks for it, whoever gave the present
    one; then a DomainError says why there is none. A title given meanwhile stays."""
    asked, answered = _first_exchange(chat)
    if not asked:
        return chat
    title = _by_model(chat, asked, answered, again=again)
    return _keep(chat, title) if title else chat


def _first_exchange(chat: AIChat) -> tuple[str, str]:
    """The first words of the person, and of the answer to them."""
    rows = AIMessage.objects.filter(chat=chat).order_by("position")
    asked = rows.filter(role=AIMessage.Role.USER).first()
    if asked is None:
        return "", ""
    said = rows.filter(parent=asked, role=AIMessage.Role.ASSISTANT).exclude(content="").first()
    return asked.content, said.content if said else ""


def _by_model(chat: AIChat, asked: str, answered: str, *, again: bool) -> str:
    chain, _ = hosted_chain(chat)
    if not chain:
        return first_words(asked)
    words = f"User: {defused(asked[:SHOWN])}\n\nAssistant: {defused(answered[:SHOWN])}"
    found = ask_model(
        chat=chat, chain=chain, purpose=PURPOSE, system=SYSTEM, words=words, tokens=TOKENS
    )
    if found.completion is not None:
        return plain_title(found.completion.text) or first_words(asked)
    if again:
        failure = failure_of(found.error)
        raise DomainError(failure["detail"], code=failure["code"], status=502)
    return ""


def plain_title(said: str) -> str:
    """What a model gave as a title, without what it was told to leave out."""
    lines = [line for line in clean_text(said).splitlines() if line.strip()]
    return _short(_LABEL.sub("", lines[0]).strip(_MARKS), LONGEST) if lines else ""


def first_words(words: str) -> str:
    return _short(" ".join(words.split()), LONGEST_OF_WORDS)


def _short(text: str, longest: int) -> str:
    """Cut between words where there are some."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,;:-") + "…"


def _keep(chat: AIChat, title: str) -> AIChat:
    """Unless another title came meanwhile."""
    as_read = Q(deleted_at=None, title=chat.title, titled=chat.titled)
    with transaction.atomic():
        try:
            moved = advance(
                chat, where=as_read, quiet=True, title=title, titled=AIChat.Titled.MODEL
            )
        except NotFound:
            return AIChat.objects.filter(pk=chat.pk).first() or chat
        chat_changed.send(sender=AIChat, chat=moved)
    return moved
