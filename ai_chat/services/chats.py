"""A person's chats: started, changed, deleted with a way back, and gone for good."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from ai_chat.models import AIChat, AIMessage, Folder, Persona
from ai_chat.services.choices import check_model
from ai_chat.services.revisions import advance
from ai_chat.services.settings import remember_chat
from ai_chat.signals import chat_changed
from core.lib.errors import DomainError
from core.lib.rest import refuse
from messaging.selectors import access_conversation

KEPT_DAYS = 30
BATCH = 1000
NEW_TITLE = "New chat"
CHANGEABLE = frozenset(
    {
        *("title", "folder", "persona", "model_name", "system_prompt", "temperature"),
        *("related_id", "include_related", "redact_related", "keep_summary", "is_active"),
    }
)
# What says nothing of the talk itself leaves the chat where it stands in the list.
QUIET = frozenset({"folder", "is_active"})


def start_chat(
    *,
    user: User,
    title: str = "",
    system_prompt: str = "",
    persona: Persona | None = None,
    model_name: str = "",
    temperature: float | None = None,
    related_id: str = "",
    folder: Folder | None = None,
    **switches: bool,
) -> AIChat:
    """A chat of the user's own. NotFound when they may not read the related conversation.

    `switches`: include_related, redact_related, keep_summary.
    """
    plain = " ".join(title.split())
    chat = AIChat(
        business_id=str(user.business_id),
        user=user,
        title=_title(plain) if plain else NEW_TITLE,
        titled=AIChat.Titled.PERSON if plain else AIChat.Titled.NOT_YET,
        system_prompt=system_prompt,
        persona=persona,
        model_name=check_model(business_id=str(user.business_id), model_name=model_name),
        temperature=temperature,
        related_conversation=access_conversation(user, related_id) if related_id else None,
        folder=folder,
        **switches,
    )
    with transaction.atomic():
        chat.save(force_insert=True)
        remember_chat(user=user, chat=chat)
        chat_changed.send(sender=AIChat, chat=chat)
    return chat


def change_chat(*, chat: AIChat, user: User, **changes: Any) -> AIChat:
    """Some of CHANGEABLE. `related_id`: "" takes the customer conversation away.

    NotFound when the user may not read it.
    """
    if unknown := set(changes) - CHANGEABLE:
        raise DomainError(f"A chat has no {', '.join(sorted(unknown))}.")
    fields = _checked(chat, user, changes)
    if not fields:
        return chat
    with transaction.atomic():
        moved = advance(chat, quiet=set(changes) <= QUIET, **fields)
        chat_changed.send(sender=AIChat, chat=moved)
    return moved


def _checked(chat: AIChat, user: User, changes: dict[str, Any]) -> dict[str, Any]:
    fields = dict(changes)
    if "title" in fields:
        fields |= {"title": _title(fields["title"]), "titled": AIChat.Titled.PERSON}
    if "model_name" in fields:
        check_model(business_id=chat.business_id, model_name=fields["model_name"])
    if "related_id" in fields:
        wanted = fields.pop("related_id")
        fields["related_conversation"] = access_conversation(user, wanted) if wanted else None
    return fields


def _title(title: str) -> str:
    plain = " ".join(title.split())
    if not plain or len(plain) > 255:
        refuse("title", "Give a title of at most 255 characters.")
    return plain


def delete_chat(*, chat: AIChat) -> AIChat:
    """Out of sight at once, gone after KEPT_DAYS; until then it can be restored."""
    with transaction.atomic():
        moved = advance(chat, quiet=True, deleted_at=timezone.now())
        chat_changed.send(sender=AIChat, chat=moved)
    return moved


def restore_chat(*, chat: AIChat) -> AIChat:
    """Take back its deletion; one that was not deleted stays as it is."""
    with transaction.atomic():
        moved = advance(chat, where=Q(), quiet=True, deleted_at=None)
        chat_changed.send(sender=AIChat, chat=moved)
    return moved


def purge_deleted() -> int:
    """Delete for good what was deleted KEPT_DAYS ago; how many chats it was."""
    before = timezone.now() - timedelta(days=KEPT_DAYS)
    due = AIChat.objects.filter(deleted_at__lt=before)
    count = 0
    for pk in list(due.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            # Held until the end, so that nobody restores it in between.
            if due.filter(pk=pk).update(active_leaf=None, summary_upto=None):
                _purge(pk)
                count += 1
    return count


def _purge(chat_id: str) -> None:
    rows = AIMessage.objects.filter(chat_id=chat_id)
    rows.update(parent=None, active_child=None)
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        AIMessage.objects.filter(pk__in=batch).delete()
    AIChat.objects.filter(pk=chat_id).delete()
