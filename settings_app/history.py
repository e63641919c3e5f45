"""What stood in a version of the knowledge, and what a version changed."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from core.lib.errors import NotFound
from settings_app.models import (
    AIPromptsVersion,
    KnowledgeChange,
    KnowledgeKind,
    KnowledgeVersion,
)
from settings_app.states import PROMPTS, States

MISSING = "There is no such version of the knowledge."


def entries_at(business_id: str, version: int) -> States:
    """The entries as they stood at a version, by id. NotFound."""
    return _states_at(business_id, KnowledgeKind.ENTRY, version)


def sources_at(business_id: str, version: int) -> States:
    """The sources as they stood at a version, by id. NotFound."""
    return _states_at(business_id, KnowledgeKind.SOURCE, version)


def version_of(business_id: str, number: int) -> KnowledgeVersion:
    found = KnowledgeVersion.objects.for_business(business_id).filter(number=number).first()
    if found is None:
        raise NotFound(MISSING)
    return found


def _states_at(business_id: str, kind: str, version: int) -> States:
    version_of(business_id, version)
    changes = KnowledgeChange.objects.for_business(business_id).filter(kind=kind)
    latest = (
        changes.filter(object_id=OuterRef("object_id"), version__lte=version)
        .order_by("-version")
        .values("version")[:1]
    )
    rows = changes.filter(version__lte=version, version=Subquery(latest), state__isnull=False)
    found = rows.order_by("object_id").values_list("object_id", "state")
    return {object_id: state for object_id, state in found if state is not None}


def knowledge_versions(user: User) -> "QuerySet[KnowledgeVersion]":
    """The user's, the newest first; `prompts_before` = the prompts of the version before."""
    return with_prompts_before(KnowledgeVersion.objects.for_user(user)).order_by("-number")


def with_prompts_before(rows: "QuerySet[KnowledgeVersion]") -> "QuerySet[KnowledgeVersion]":
    before = (
        KnowledgeVersion.objects.filter(
            business_id=OuterRef("business_id"), number__lt=OuterRef("number")
        )
        .order_by("-number")
        .values("prompts_version")[:1]
    )
    return rows.select_related("user").annotate(prompts_before=Subquery(before))


def access_version(user: User, number: int) -> KnowledgeVersion:
    found = knowledge_versions(user).filter(number=number).first()
    if found is None:
        raise NotFound(MISSING)
    return found


def changes_in(version: KnowledgeVersion) -> "QuerySet[KnowledgeChange]":
    """What a version changed, each with the state `before` it (null = it was not there)."""
    rows = KnowledgeChange.objects.for_business(version.business_id)
    return _with_before(rows.filter(version=version.number)).order_by("kind", "object_id")


def _with_before(rows: "QuerySet[KnowledgeChange]") -> "QuerySet[KnowledgeChange]":
    before = KnowledgeChange.objects.filter(
        business_id=OuterRef("business_id"),
        kind=OuterRef("kind"),
        object_id=OuterRef("object_id"),
        version__lt=OuterRef("version"),
    ).order_by("-version")
    return rows.annotate(before=Subquery(before.values("state")[:1]))


def counts_of(versions: Iterable[KnowledgeVersion]) -> dict[int, dict[str, int]]:
    """How many objects each of one business's versions added, changed and deleted."""
    shown = list(versions)
    if not shown:
        return {}
    rows = KnowledgeChange.objects.for_business(shown[0].business_id).filter(
        version__in=[version.number for version in shown]
    )
    new, gone = Q(before__isnull=True), Q(state__isnull=True)
    counted = (
        _with_before(rows)
        .values("version")
        .annotate(
            added=Count("pk", filter=new & ~gone),
            changed=Count("pk", filter=~new & ~gone),
            deleted=Count("pk", filter=gone),
        )
    )
    return {
        row["version"]: {name: row[name] for name in ("added", "changed", "deleted")}
        for row in counted
    }


def has_new_prompts(version: KnowledgeVersion) -> bool:
    """Whether a version of `with_prompts_before` has other prompts than the one before it."""
    return version.prompts_version is not None and _before(version) != version.prompts_version


def _before(version: KnowledgeVersion) -> int:
    """The first prompts of a business are empty, so that none before is as good as those."""
    return getattr(version, "prompts_before", None) or 1


def prompts_changes(version: KnowledgeVersion) -> list[dict[str, Any]]:
    """The texts that a version of `knowledge_versions` changed, as one change of kind "prompts"."""
    if not has_new_prompts(version):
        return []
    before = _before(version)
    rows = AIPromptsVersion.objects.for_business(version.business_id)
    texts = dict(
        rows.filter(version__in=[before, version.prompts_version]).values_list("version", "texts")
    )
    was, now = texts.get(before, {}), texts.get(version.prompts_version or 0, {})
    names = [name for name in now if now[name] != was.get(name, "")]
    return [
        {
            "kind": PROMPTS,
            "id": "",
            "before": {name: was.get(name, "") for name in names},
            "after": {name: now[name] for name in names},
        }
    ]
