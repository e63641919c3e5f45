"""Reads of imports."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from core.lib.errors import NotFound
from settings_app.models import KnowledgeJob


def imports_list(user: User, query: Mapping[str, Any]) -> QuerySet[KnowledgeJob]:
    """The user's imports of files, the newest first, narrowed by a checked ImportQuery."""
    rows = KnowledgeJob.objects.for_user(user).filter(kind=KnowledgeJob.Kind.IMPORT)
    state = query.get("state")
    return (rows.filter(state=state) if state else rows).order_by("-created_at", "pk")


def access_import(user: User, job_id: str) -> KnowledgeJob:
    found = imports_list(user, {}).filter(pk=job_id).first()
    if found is None:
        raise NotFound("There is no import with this id.")
    return found
