"""The rows of indexes: what is wanted, who builds, what came of it. Loads no arithmetic."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest

from AI_model.models import IndexPart, KnowledgeIndex
from AI_model.retrieval.layout import LAYOUT
from core.lib.clock import database_now
from core.lib.ids import new_id
from core.lib.returning import update_returning
from settings_app.selectors import knowledge_version

PAUSES = (5.0, 15.0, 60.0, 300.0, 900.0)
"""Seconds after a build that failed, by how often it did."""
FREE: dict[str, Any] = {"claim_token": "", "claim_until": None}
MOST_DUE = 200


def want_index(*, business_id: str, version: int) -> None:
    """The knowledge is at this version now: an index of it is due. One statement."""
    row = KnowledgeIndex(business_id=business_id, wanted=version, due_at=database_now())
    KnowledgeIndex.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["business"],
        update_fields=["wanted", "due_at", "attempts"],
    )


def await_index(*, business_id: str, damaged: str = "") -> bool:
    """Somebody waits for an index, or can't read the one with this digest: see that it is due.

    False while it is being built.
    """
    row = KnowledgeIndex.objects.for_business(business_id).first()
    if row is None:
        want_index(business_id=business_id, version=knowledge_version(business_id))
        return True
    if damaged and row.digest == damaged:
        gone = KnowledgeIndex.objects.filter(pk=row.pk, digest=damaged)
        gone.update(digest="", version=0, due_at=database_now())
        IndexPart.objects.for_business(business_id).delete()
    elif row.due_at is None:
        version = Greatest(F("wanted"), Value(knowledge_version(business_id)))
        KnowledgeIndex.objects.filter(pk=row.pk).update(wanted=version, due_at=database_now())
    return not row.claim_token


def claim_build(business_id: str) -> KnowledgeIndex | None:
    """Take it for one build; None when it is not due, or somebody builds it."""
    due = KnowledgeIndex.objects.filter(_unclaimed(), due_at__lte=database_now())
    return update_returning(
        due.filter(business_id=business_id),
        claim_token=new_id(),
        claim_until=database_now(plus=settings.CLAIM_SECONDS),
        attempts=F("attempts") + 1,
    )


def held_build(business_id: str, token: str) -> KnowledgeIndex | None:
    """The row that was claimed with this token."""
    return KnowledgeIndex.objects.filter(business_id=business_id, claim_token=token).first()


def _unclaimed() -> Q:
    return Q(claim_token="") | Q(claim_until__lt=database_now())


def extend_builds(tokens: Collection[str]) -> None:
    """The heartbeat of running builds: one statement for all of a process."""
    rows = KnowledgeIndex.objects.filter(claim_token__in=list(tokens))
    rows.update(claim_until=database_now(plus=settings.CLAIM_SECONDS))


def note_progress(row: KnowledgeIndex, *, done: int, total: int) -> None:
    facts = row.facts | {"progress": {"done": done, "total": total}}
    _held(row).update(facts=facts)


def finish_build(
    row: KnowledgeIndex, *, version: int, digest: str, size: int, facts: Mapping[str, Any]
) -> bool:
    """From here on it is the business's index. False when the claim was lost meanwhile."""
    newer = When(wanted__gt=version, then=database_now())
    return bool(
        _held(row).update(
            version=version,
            layout=LAYOUT,
            digest=digest,
            size=size,
            facts=facts,
            problem="",
            attempts=0,
            built_at=database_now(),
            due_at=Case(newer, default=None),
        )
    )


def grow_build(row: KnowledgeIndex, *, digest: str, size: int, facts: Mapping[str, Any]) -> bool:
    """It is the business's index meanwhile, and the build goes on: nothing is said of its version.

    False when the claim was lost meanwhile.
    """
    is_usable = bool(row.digest) and row.layout == LAYOUT
    row.version, row.layout = row.version if is_usable else 0, LAYOUT
    made = {"digest": digest, "size": size, "facts": facts, "built_at": database_now()}
    return bool(_held(row).update(version=row.version, layout=LAYOUT, **made))


def release_build(row: KnowledgeIndex) -> None:
    _held(row).update(**FREE)


def put_off_build(row: KnowledgeIndex, *, seconds: float) -> None:
    """Not now: there is no room for it."""
    _held(row).update(attempts=F("attempts") - 1, due_at=database_now(plus=seconds), **FREE)


def fail_build(row: KnowledgeIndex, *, problem: str) -> None:
    """Keep why, and try again after a while."""
    pause = PAUSES[min(max(row.attempts, 1), len(PAUSES)) - 1]
    _held(row).update(problem=problem[:300], due_at=database_now(plus=pause), **FREE)


def _held(row: KnowledgeIndex) -> Any:
    return KnowledgeIndex.objects.filter(pk=row.pk, claim_token=row.claim_token)


def indexes_due(*, older_than: float) -> Iterable[str]:
    """Ids of businesses whose index is due and built by nobody, the longest wait first."""
    due = KnowledgeIndex.objects.filter(_unclaimed(), due_at__lte=database_now(plus=-older_than))
    return due.order_by("due_at").values_list("business_id", flat=True)[:MOST_DUE]
