"""A business keeps its data for as long as it decided; every night the rest is deleted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Business
from AI_model.models import AIRun, ChatSession, UsageRecord
from AI_model.services.usage import rolled_to
from messaging.services.forgetting import BATCH, KEPT_ALL, Old, count_old, delete_old, delete_rows
from settings_app.models import Retention
from settings_app.retention import retention_form

LONGEST = 36_500
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class OldRecords:
    """What the AI looked at and called; ledger rows only once their day's sums are kept."""

    business: Business
    before: datetime
    gone: QuerySet[Any]

    def ai_runs(self) -> QuerySet[Any]:
        return self._old(AIRun, "started_at")

    def sessions(self) -> QuerySet[Any]:
        return self._old(ChatSession, "last_activity_at")

    def calls(self) -> QuerySet[Any]:
        rows = UsageRecord.objects.for_business(self.business.pk)
        return rows.filter(created_at__lt=min(self.before, rolled_to(self.business)))

    def _old(self, model: Any, field: str) -> QuerySet[Any]:
        """Those of conversations that go are counted too."""
        old = Q(conversation__in=self.gone.values("pk")) | Q(**{f"{field}__lt": self.before})
        found: QuerySet[Any] = model.objects.for_business(self.business.pk).filter(old)
        return found


RECORDS = {"ai_runs": AIRun, "sessions": ChatSession, "calls": UsageRecord}


def apply_retention(
    *,
    business: Business,
    dry_run: bool = False,
    now: datetime | None = None,
    progress: Progress = lambda done: None,
) -> dict[str, int]:
    """Delete what is too old, or count it; rows by what they are."""
    kept, now = retention_form(business.pk), now or timezone.now()
    old = Old(business.pk, _cutoff(kept["messages_days"], now), _cutoff(kept["media_days"], now))
    records = OldRecords(business, _cutoff(kept["ai_records_days"], now), old.conversations())
    if dry_run:
        return {name: getattr(records, name)().count() for name in RECORDS} | count_old(old)
    done = _delete_records(records, progress)
    before = sum(done.values())
    return done | delete_old(old, progress=lambda number: progress(before + number))


def apply_all() -> dict[str, int]:
    """For every business that decided something; what was deleted altogether."""
    total = dict[str, int]()
    decided = Business.objects.filter(pk__in=Retention.objects.values("business_id"))
    for business in decided.order_by("pk"):
        for name, count in apply_retention(business=business).items():
            total[name] = total.get(name, 0) + count
    return total


def businesses_deciding(businesses: Iterable[Business]) -> list[Business]:
    """Those of them that keep anything for a limited time."""
    return [one for one in businesses if any(retention_form(one.pk).values())]


def _cutoff(days: int | None, now: datetime) -> datetime:
    return KEPT_ALL if days is None else now - timedelta(days=min(days, LONGEST))


def _delete_records(records: OldRecords, progress: Progress) -> dict[str, int]:
    counts = dict.fromkeys(RECORDS, 0)
    for name, model in RECORDS.items():
        rows = getattr(records, name)().order_by("pk")
        while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
            with transaction.atomic():
                delete_rows(model)(batch)
            counts[name] += len(batch)
            progress(sum(counts.values()))
    return counts
