"""Reads of what a business decided."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Business, User
from core.lib.errors import NotFound
from settings_app import hours
from settings_app.models import (
    AIPrompts,
    AIPromptsVersion,
    BusinessHours,
    Holiday,
    KnowledgeEntry,
    KnowledgeSource,
    SourceDocument,
)

# A document may be a whole file.
DOCUMENTS_AT_ONCE = 8


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


def prompts_of(business: Business) -> AIPrompts:
    """The same; empty ones that are not stored where there are none yet."""
    return published_prompts(business.pk) or AIPrompts(
        business=business, version=0, updated_at=business.created_at
    )


def knowledge_version(business_id: str) -> int:
    """Grows with every change of entries or prompts; 0 for a business that is gone."""
    versions = Business.objects.filter(pk=business_id).values_list("knowledge_version", flat=True)
    return versions.first() or 0


def active_entries(business_id: str) -> QuerySet[KnowledgeEntry]:
    """The entries that answers are made from, in a steady order."""
    return KnowledgeEntry.objects.for_business(business_id).filter(is_active=True).order_by("pk")


def live_documents(business_id: str) -> Iterator[tuple[KnowledgeSource, SourceDocument]]:
    """The documents that answers are made from, each with its source, a few at a time."""
    for source in live_sources(business_id):
        for document in documents_of(source, source.live or 0):
            yield source, document


def live_sources(business_id: str) -> QuerySet[KnowledgeSource]:
    """The sources that answers are made from, in a steady order."""
    rows = KnowledgeSource.objects.for_business(business_id)
    return rows.filter(is_active=True, live__isnull=False).order_by("pk")


def documents_of(source: KnowledgeSource, number: int) -> Iterator[SourceDocument]:
    """The documents of one reading of a source, a few at a time."""
    rows = SourceDocument.objects.for_business(source.business_id)
    found = rows.filter(content__source=source, content__number=number).order_by("position")
    return found.iterator(chunk_size=DOCUMENTS_AT_ONCE)


def has_knowledge(business_id: str) -> bool:
    """Whether there is anything to answer from: an active entry, a source, a prompts' text."""
    prompts = published_prompts(business_id)
    texts = (
        (prompts.knowledge_source, prompts.product_service, prompts.question_answer)
        if prompts
        else ()
    )
    return (
        any(text.strip() for text in texts)
        or active_entries(business_id).exists()
        or live_sources(business_id).exists()
    )


def entries_list(user: User, query: Mapping[str, Any]) -> QuerySet[KnowledgeEntry]:
    """The user's entries, the latest change first, narrowed by a checked EntryQuery."""
    fields = {"tag": "tags__holds", "language": "language", "is_active": "is_active"}
    chosen = {field: query[name] for name, field in fields.items() if query.get(name) is not None}
    words = query.get("search", "")
    said = Q(question__icontains=words) | Q(answer__icontains=words) if words else Q()
    return (
        KnowledgeEntry.objects.for_user(user).filter(said, **chosen).order_by("-updated_at", "pk")
    )


def prompts_versions(user: User) -> QuerySet[AIPromptsVersion]:
    """The newest first."""
    return AIPromptsVersion.objects.for_user(user).order_by("-version")


def access_prompts_version(user: User, version: int) -> AIPromptsVersion:
    found = prompts_versions(user).filter(version=version).first()
    if found is None:
        raise NotFound("There is no such version of the prompts.")
    return found
