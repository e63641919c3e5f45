"""Reads of sources."""

from collections.abc import Mapping
from typing import Any

from django.db.models import (
    Count,
    F,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Length

from accounts.models import User
from core.lib.errors import Conflict, NotFound
from settings_app.differences import Difference, PageText, compare
from settings_app.models import KnowledgeJob, KnowledgeSource, SourceContent, SourceDocument
from settings_app.selectors import documents_of
from settings_app.web.addresses import page_key

MISSING = "There is no knowledge source with this id."
PAGES_SHOWN = 100


def sources_list(user: User, query: Mapping[str, Any]) -> QuerySet[KnowledgeSource]:
    """The user's sources with `pages`, `characters`, `reading_done`, narrowed by a SourceQuery."""
    chosen = {name: query[name] for name in ("kind", "state") if query.get(name)}
    rows = KnowledgeSource.objects.for_user(user).filter(**chosen)
    if query.get("pending") is not None:
        rows = rows.filter(pending__isnull=not query["pending"])
    return with_figures(rows).order_by("title", "pk")


def access_source(user: User, source_id: str) -> KnowledgeSource:
    found = sources_list(user, {}).filter(pk=source_id).first()
    if found is None:
        raise NotFound(MISSING)
    return found


def with_figures(rows: QuerySet[KnowledgeSource]) -> QuerySet[KnowledgeSource]:
    """`pages` and `characters` that count now; `reading_done` = pages of the reading under way."""
    counted = SourceDocument.objects.filter(
        content__source=OuterRef("pk"), content__number=OuterRef("live")
    )
    pages = counted.order_by().values("content").annotate(count=Count("pk")).values("count")
    contents = SourceContent.objects.filter(source=OuterRef("pk"), number=OuterRef("live"))
    jobs = KnowledgeJob.objects.filter(
        source=OuterRef("pk"), state__in=[KnowledgeJob.State.WAITING, KnowledgeJob.State.RUNNING]
    )
    return rows.annotate(
        pages=Coalesce(Subquery(pages[:1], output_field=IntegerField()), Value(0)),
        characters=Coalesce(Subquery(contents.values("characters")[:1]), Value(0)),
        reading_done=Subquery(jobs.order_by("-created_at").values("done")[:1]),
    )


def source_documents(source: KnowledgeSource) -> "QuerySet[Any]":
    """What counts of a source, without the texts: dicts of position, place, title, characters."""
    rows = SourceDocument.objects.for_business(source.business_id)
    found = rows.filter(content__source=source, content__number=source.live or 0)
    sizes = found.annotate(characters=Length(F("text"), output_field=IntegerField()))
    return sizes.order_by("position").values("position", "place", "title", "characters")


def source_document(source: KnowledgeSource, position: int) -> SourceDocument:
    """NotFound."""
    rows = SourceDocument.objects.for_business(source.business_id)
    found = rows.filter(
        content__source=source, content__number=source.live or 0, position=position
    ).first()
    if found is None:
        raise NotFound("There is no document at this position.")
    return found


def reading_of(source: KnowledgeSource) -> SourceContent:
    """The newer reading that waits. Conflict."""
    found = source.contents.filter(number=source.pending or 0).first()
    if found is None:
        raise Conflict("No newer reading of this source waits.")
    return found


def difference(source: KnowledgeSource) -> Difference:
    """What the reading that waits would change, page by page."""
    return compare(
        _texts(source, source.live or 0), _texts(source, source.pending or 0), most=PAGES_SHOWN
    )


def _texts(source: KnowledgeSource, number: int) -> dict[str, PageText]:
    """By the page's address; parts of a file by their position."""
    return {
        page_key(row.place) if row.place else str(row.position): PageText(
            row.place, row.title, row.text
        )
        for row in documents_of(source, number)
    }
