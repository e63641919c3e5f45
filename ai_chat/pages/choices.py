"""What stands around a thread: models, personas, folders, and where the person was last."""

from typing import Any

from accounts.models import User
from ai_chat.models import AIChat, Folder, Persona, UserSettings
from ai_chat.pages.lists import folders_of
from ai_chat.selectors import chats_of
from ai_chat.services.settings import settings_of
from AI_model.services.models import ModelChoice, usable_models
from core.lib.errors import NotFound
from messaging.models import Conversation
from messaging.selectors import access_conversation


def models_of(user: User) -> list[ModelChoice]:
    return usable_models(business_id=str(user.business_id))


def around(user: User, chat: AIChat) -> dict[str, Any]:
    own = settings_of(user=user)
    models = models_of(user)
    return {
        "models": models,
        "model_name": chat.model_name or own.default_model,
        "personas": list(Persona.objects.for_user(user)),
        "all_folders": folders_of(user),
        "own": own,
        "related": related_to(user, chat),
    }


def related_to(user: User, chat: AIChat) -> Conversation | None:
    """The attached customer conversation, while the person may read it."""
    if chat.related_conversation_id is None:
        return None
    try:
        return access_conversation(user, chat.related_conversation_id)
    except NotFound:
        return None


def last_chat_id(user: User) -> str:
    """The chat opened last, else the latest; "" when there is none."""
    chosen = UserSettings.objects.for_user(user).values_list("last_chat_id", flat=True).first()
    known = chats_of(user)
    found = known.filter(pk=chosen).values_list("pk", flat=True).first() if chosen else None
    return found or known.values_list("pk", flat=True).first() or ""


def empty_chat(user: User, folder: Folder | None) -> AIChat | None:
    """A chat of theirs in which nothing was said and nothing is attached."""
    empty = chats_of(user).filter(messages=None, folder=folder, titled=AIChat.Titled.NOT_YET)
    return empty.filter(persona=None, related_conversation=None).first()
