"""How a person likes to chat, and where they last were."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from ai_chat.models import AIChat, UserSettings
from ai_chat.services.choices import check_model

CHANGEABLE = ("default_model", "system_prompt", "temperature", "auto_title")


def settings_of(*, user: User) -> UserSettings:
    """Made on first use. `user` belongs to a business."""
    found, _ = UserSettings.objects.get_or_create(
        user=user, defaults={"business_id": str(user.business_id)}
    )
    return found


def change_settings(*, user: User, **changes: Any) -> UserSettings:
    """Some of CHANGEABLE; DomainError that names what can't be."""
    settings = settings_of(user=user)
    if "default_model" in changes:
        business_id = str(user.business_id)
        check_model(
            business_id=business_id, model_name=changes["default_model"], field="default_model"
        )
    for name, value in changes.items():
        setattr(settings, name, value)
    settings.save(update_fields=[*changes, "updated_at"])
    return settings


def remember_chat(*, user: User, chat: AIChat) -> None:
    """The chat to open next time; one statement, and none of a row when it is that already."""
    rows = UserSettings.objects.filter(user=user)
    if not rows.exclude(last_chat=chat).update(last_chat=chat, updated_at=timezone.now()):
        UserSettings.objects.get_or_create(
            user=user, defaults={"business_id": str(user.business_id), "last_chat": chat}
        )
