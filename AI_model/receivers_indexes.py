"""Knowledge that changed, or an index that is missed: a build is due."""

from typing import Any

from django.apps import apps as global_apps
from django.db import connections
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from AI_model.retrieval.layout import LAYOUT
from AI_model.services.index_rows import await_index, want_index
from AI_model.signals import index_awaited
from AI_model.tasks import build_index
from core.lib.clock import database_now
from core.lib.on_commit import delay_on_commit
from settings_app.signals import knowledge_changed


@receiver(knowledge_changed, dispatch_uid="AI_model.want_index")
def want(business_id: str, version: int, **kwargs: Any) -> None:
    want_index(business_id=business_id, version=version)
    delay_on_commit(build_index, business_id)


@receiver(index_awaited, dispatch_uid="AI_model.await_index")
def ring(business_id: str, damaged: str, **kwargs: Any) -> None:
    if await_index(business_id=business_id, damaged=damaged):
        delay_on_commit(build_index, business_id)


@receiver(post_migrate, dispatch_uid="AI_model.want_indexes")
def want_all(sender: Any, using: str, apps: Any = global_apps, **kwargs: Any) -> None:
    """After an upgrade: what has no index yet, and what has one of another layout."""
    if sender.name != "AI_model" or not _has_table(using, apps):
        return
    indexes = apps.get_model("AI_model", "KnowledgeIndex").objects.using(using)
    indexes.filter(due_at=None).exclude(layout=LAYOUT).update(due_at=database_now())
    known = indexes.values("business_id")
    businesses = apps.get_model("accounts", "Business").objects.using(using)
    without = businesses.filter(knowledge_version__gt=0).exclude(pk__in=known)
    rows = [
        indexes.model(business_id=pk, wanted=version, due_at=database_now())
        for pk, version in without.values_list("pk", "knowledge_version")
    ]
    indexes.bulk_create(rows, ignore_conflicts=True, batch_size=500)


def _has_table(using: str, apps: Any) -> bool:
    """False while the migrations stand before the one that makes it."""
    try:
        table = apps.get_model("AI_model", "KnowledgeIndex")._meta.db_table
    except LookupError:
        return False
    return table in connections[using].introspection.table_names()
