"""The check of a business's knowledge: computed in a task, kept as a row."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Business, User
from AI_model.models import KnowledgeUpkeep
from core.lib.clock import database_now
from core.lib.on_commit import delay_on_commit
from settings_app.models import KnowledgeEntry
from settings_app.selectors import knowledge_version

ALIKE, SAME_SUBJECT = 0.85, 0.78
"""Likeness of two entries' questions from which they ask the same; with answers that contradict
each other, a little less."""
MOST_COMPARED = 2_000
KEPT = 200
"""Findings of a kind that are kept, the first ones; all are counted."""
HELD_SECONDS = 600.0
CHECKED_EVERY = timedelta(hours=20)


def ask_for_check(*, business: Business) -> KnowledgeUpkeep:
    """Let a worker check the knowledge soon."""
    from AI_model.maintenance import check_upkeep  # it imports this module

    with transaction.atomic():
        row, _ = KnowledgeUpkeep.objects.get_or_create(business=business)
        KnowledgeUpkeep.objects.filter(pk=row.pk).update(asked_at=timezone.now())
        delay_on_commit(check_upkeep, business.pk)
    row.refresh_from_db()
    return row


def ask_for_checks() -> int:
    """The same for every business that knows something; how many they are."""
    lately = KnowledgeUpkeep.objects.filter(checked_at__gt=timezone.now() - CHECKED_EVERY)
    businesses = list(
        Business.objects.filter(knowledge_version__gt=0)
        .exclude(pk__in=lately.values("business"))
        .order_by("pk")
    )
    for business in businesses:
        ask_for_check(business=business)
    return len(businesses)


def checks_due(*, older_than: float) -> list[str]:
    """Ids of businesses that wait for a check, or whose worker died."""
    free = Q(busy_until=None) | Q(busy_until__lte=database_now())
    rows = KnowledgeUpkeep.objects.filter(free, asked_at__lte=database_now(plus=-older_than))
    return [str(pk) for pk in rows.order_by("asked_at").values_list("business_id", flat=True)[:20]]


def upkeep_of(user: User) -> KnowledgeUpkeep:
    """What the last check found; an unsaved row before the first one."""
    return KnowledgeUpkeep.objects.for_user(user).first() or KnowledgeUpkeep()


def check_knowledge(*, business_id: str, now: datetime | None = None) -> dict[str, int]:
    """Find what wants a look and keep it; counts by kind. Empty while somebody else checks."""
    free = Q(busy_until=None) | Q(busy_until__lte=database_now())
    rows = KnowledgeUpkeep.objects.for_business(business_id)
    if not rows.filter(free).update(busy_until=database_now(plus=HELD_SECONDS)):
        return {}
    began = now or timezone.now()
    done: dict[str, Any] = {}
    try:
        done = _checked(business_id, began)
        rows.filter(asked_at__lte=began).update(asked_at=None)
    finally:
        rows.update(busy_until=None, **done)
    counts: dict[str, int] = done["counts"]
    return counts


def _checked(business_id: str, now: datetime) -> dict[str, Any]:
    from AI_model.services.upkeep_findings import KINDS, find_by_rows

    version = knowledge_version(business_id)
    found: dict[str, list[Any]] = {kind: [] for kind in KINDS} | find_by_rows(business_id, now)
    for kind, finding in _compared(business_id):
        found[kind].append(finding)
    return {
        "findings": {kind: [one.as_json() for one in some[:KEPT]] for kind, some in found.items()},
        "counts": {kind: len(some) for kind, some in found.items()},
        "version": version,
        "checked_at": now,
    }


def _compared(business_id: str) -> Iterator[tuple[str, Any]]:
    """Pairs of entries that ask the same; nothing while there is no index."""
    from AI_model.learning.disagreeing import disagreement
    from AI_model.learning.likeness import near_entries
    from AI_model.retrieval.language import language_of
    from AI_model.retrieval.store import index_or_none
    from AI_model.services.upkeep_findings import CONTRADICTION, DUPLICATE, About, Finding

    index = index_or_none(business_id)
    if index is None:
        return
    known = KnowledgeEntry.objects.for_business(business_id)
    for pair in near_entries(index, at_least=SAME_SUBJECT)[:MOST_COMPARED]:
        one, other = index.sources[pair.one], index.sources[pair.other]
        if _at_other_times(one, other) or language_of(one.title) != language_of(other.title):
            continue
        ids = set(known.filter(pk__in=[one.id, other.id]).values_list("pk", flat=True))
        about = [
            About("entry" if source.id in ids else "prompts", source.id, source.title)
            for source in (one, other)
        ]
        if against := disagreement(one.answer, other.answer):
            yield CONTRADICTION, Finding(f"They ask the same, but {against}.", about)
        elif pair.likeness >= ALIKE:
            yield DUPLICATE, Finding("They ask the same; one entry would do.", about)


def _at_other_times(one: Any, other: Any) -> bool:
    """Whether there is no day on which both count."""
    ends = [source.valid_to for source in (one, other) if source.valid_to]
    begins = [source.valid_from for source in (one, other) if source.valid_from]
    return bool(ends and begins and min(ends) < max(begins))
