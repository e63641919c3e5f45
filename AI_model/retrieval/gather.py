"""What a business's answers may be made from, as sources to be indexed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Protocol

from django.db.models import QuerySet

from AI_model.retrieval.sources import Source, entry_source, pair_sources, text_sources
from settings_app import selectors
from settings_app.models import KnowledgeEntry, KnowledgeSource, SourceDocument

PAGE_END = "\f"
ENTRIES_AT_ONCE = 2_000
FIELDS = ("id", "question", "phrasings", "answer", "language", "valid_from", "valid_to")

Documents = Iterable[tuple[KnowledgeSource, SourceDocument]]


class Entry(Protocol):
    """An entry as it stands, or as its draft says."""

    @property
    def id(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def phrasings(self) -> list[str]: ...
    @property
    def answer(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def valid_from(self) -> date | None: ...
    @property
    def valid_to(self) -> date | None: ...


class Prompts(Protocol):
    @property
    def question_answer(self) -> str: ...
    @property
    def knowledge_source(self) -> str: ...
    @property
    def product_service(self) -> str: ...


def live_sources(business_id: str) -> list[Source]:
    """All that counts now."""
    return _gather(
        _rows(selectors.active_entries(business_id)),
        selectors.published_prompts(business_id),
        selectors.live_documents(business_id),
    )


def first_sources(business_id: str, count: int) -> list[Source]:
    """Some of it, for a start: no more than so many entries and passages are read."""
    return _gather(
        _rows(selectors.active_entries(business_id)[:count]),
        selectors.published_prompts(business_id),
        selectors.live_documents(business_id),
        most=count,
    )


def drafted_sources(business_id: str) -> list[Source]:
    """All that would count if the draft were published."""
    from settings_app import drafts

    return _gather(
        drafts.drafted_entries(business_id),
        drafts.drafted_prompts(business_id),
        drafts.drafted_documents(business_id),
    )


def _gather(
    entries: Iterable[Entry],
    prompts: Prompts | None,
    documents: Documents,
    most: int | None = None,
) -> list[Source]:
    sources = [_entry(entry) for entry in entries]
    if prompts is not None:
        sources += pair_sources(prompts.question_answer)
        sources += text_sources(prompts.knowledge_source, title="Company")
        sources += text_sources(prompts.product_service, title="Products and services")
    sources += islice(_passages(documents), most)
    return list({source.id: source for source in sources}.values())


def _rows(entries: QuerySet[KnowledgeEntry]) -> Iterator[Entry]:
    """Without making models of them: there may be ten thousand."""
    return entries.values_list(*FIELDS, named=True).iterator(chunk_size=ENTRIES_AT_ONCE)


def _entry(entry: Entry) -> Source:
    source = entry_source(
        entry_id=entry.id,
        question=entry.question,
        phrasings=entry.phrasings,
        answer=entry.answer,
    )
    return replace(
        source,
        origin=entry.id,
        language=entry.language,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
    )


def _passages(documents: Documents) -> Iterator[Source]:
    for source, document in documents:
        pages = document.text.split(PAGE_END)
        for number, page in enumerate(pages, start=1):
            place = _place(document.place, number if len(pages) > 1 else 0)
            for passage in text_sources(page, title=document.title or source.title):
                yield replace(passage, origin=source.pk, place=place, language=source.language)


def _place(address: str, page: int) -> str:
    """Browsers open a file at the page that stands behind the address like this."""
    if not page:
        return address
    return f"{address}#page={page}" if address else f"page {page}"
