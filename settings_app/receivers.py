"""What every business starts with here, and the net under changes made past the services."""

from collections.abc import Collection
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import Business
from accounts.signals import business_created
from settings_app.models import AIPrompts, KnowledgeEntry, KnowledgeKind, KnowledgeSource
from settings_app.services import record_prompts
from settings_app.versions import (
    SOURCE_FIELDS,
    State,
    changing,
    entry_state,
    noted_state,
    running_change,
    source_state,
)


@receiver(business_created, dispatch_uid="settings_app.make_prompts")
def make_prompts(sender: Any, business: Business, **kwargs: Any) -> None:
    AIPrompts.objects.get_or_create(business=business)


@receiver(post_save, sender=AIPrompts, dispatch_uid="settings_app.count_prompts")
def count_prompts(instance: AIPrompts, created: bool, raw: bool, **kwargs: Any) -> None:
    if not raw:
        record_prompts(instance, created=created)


@receiver(post_save, sender=KnowledgeEntry, dispatch_uid="settings_app.entry_saved")
def entry_saved(instance: KnowledgeEntry, **kwargs: Any) -> None:
    with changing(instance.business_id) as change:
        change.note(KnowledgeKind.ENTRY, instance.pk, entry_state(instance))


@receiver(post_delete, sender=KnowledgeEntry, dispatch_uid="settings_app.entry_deleted")
def entry_deleted(instance: KnowledgeEntry, origin: Any, **kwargs: Any) -> None:
    running = running_change(instance.business_id)
    if _of_businesses(origin) or (running and running.is_gone(KnowledgeKind.ENTRY, instance.pk)):
        return
    with changing(instance.business_id) as change:
        change.note(KnowledgeKind.ENTRY, instance.pk, None)


@receiver(post_save, sender=KnowledgeSource, dispatch_uid="settings_app.source_saved")
def source_saved(
    instance: KnowledgeSource, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """A source counts from its first content on; most saves only say how its reading goes."""
    if update_fields is None or SOURCE_FIELDS & set(update_fields):
        before = noted_state(instance.business_id, KnowledgeKind.SOURCE, instance.pk)
        if before is not None or instance.live is not None:
            _note_source(instance, before, source_state(instance))


@receiver(post_delete, sender=KnowledgeSource, dispatch_uid="settings_app.source_deleted")
def source_deleted(instance: KnowledgeSource, origin: Any, **kwargs: Any) -> None:
    if not _of_businesses(origin):
        before = noted_state(instance.business_id, KnowledgeKind.SOURCE, instance.pk)
        _note_source(instance, before, None)


def _note_source(source: KnowledgeSource, before: State | None, state: State | None) -> None:
    if before != state:
        with changing(source.business_id) as change:
            change.note(KnowledgeKind.SOURCE, source.pk, state)


def _of_businesses(origin: Any) -> bool:
    """Whether rows go because their business does: `origin` is what is deleted, or a queryset."""
    return isinstance(origin, Business) or getattr(origin, "model", None) is Business
