"""What every business starts with here, and the net under changes made past the services."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import Business
from accounts.signals import business_created
from settings_app.models import AIPrompts, KnowledgeEntry
from settings_app.services import bump_knowledge, record_prompts


@receiver(business_created, dispatch_uid="settings_app.make_prompts")
def make_prompts(sender: Any, business: Business, **kwargs: Any) -> None:
    AIPrompts.objects.get_or_create(business=business)


@receiver(post_save, sender=AIPrompts, dispatch_uid="settings_app.count_prompts")
def count_prompts(instance: AIPrompts, created: bool, raw: bool, **kwargs: Any) -> None:
    if not raw:
        record_prompts(instance, created=created)


@receiver(post_save, sender=KnowledgeEntry, dispatch_uid="settings_app.entry_saved")
def entry_saved(instance: KnowledgeEntry, **kwargs: Any) -> None:
    bump_knowledge(instance.business_id)


@receiver(post_delete, sender=KnowledgeEntry, dispatch_uid="settings_app.entry_deleted")
def entry_deleted(instance: KnowledgeEntry, origin: Any, **kwargs: Any) -> None:
    if not isinstance(origin, Business):
        bump_knowledge(instance.business_id)
