"""Reads of what a business decided."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from accounts.models import Business
from settings_app import hours
from settings_app.models import AIPrompts, BusinessHours, Holiday, KnowledgeEntry


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a business is open."""

    timezone: str
    spans: tuple[hours.Span, ...]
    holidays: frozenset[date]

    def is_open(self, at: datetime) -> bool:
        return hours.is_open(
            at=at, timezone=self.timezone, spans=self.spans, holidays=self.holidays
        )

    def next_opening(self, at: datetime) -> datetime | None:
        return hours.next_opening(
            at=at, timezone=self.timezone, spans=self.spans, holidays=self.holidays
        )


def business_schedule(business_id: str) -> Schedule:
    spans = BusinessHours.objects.for_business(business_id).values_list(
        "weekday", "opens", "closes"
    )
    dates = Holiday.objects.for_business(business_id).values_list("date", flat=True)
    return Schedule(
        timezone=Business.objects.values_list("timezone", flat=True).get(pk=business_id),
        spans=tuple(hours.Span(*row) for row in spans),
        holidays=frozenset(dates),
    )


def published_prompts(business_id: str) -> AIPrompts | None:
    """The prompts that answers are made from; None before the business has any."""
    return AIPrompts.objects.for_business(business_id).first()


def knowledge_version(business_id: str) -> int:
    """Grows with every change of entries or prompts; 0 for a business that is gone."""
    versions = Business.objects.filter(pk=business_id).values_list("knowledge_version", flat=True)
    return versions.first() or 0


def active_entries(business_id: str) -> QuerySet[KnowledgeEntry]:
    """The entries that answers are made from, in a steady order."""
    return KnowledgeEntry.objects.for_business(business_id).filter(is_active=True).order_by("pk")


def has_knowledge(business_id: str) -> bool:
    """Whether there is anything to answer from: an active entry, or a text of the prompts."""
    prompts = published_prompts(business_id)
    texts = (
        (prompts.knowledge_source, prompts.product_service, prompts.question_answer)
        if prompts
        else ()
    )
    return any(text.strip() for text in texts) or active_entries(business_id).exists()
