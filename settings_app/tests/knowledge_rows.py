"""Knowledge to test with."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from accounts.models import Business
from settings_app.models import KnowledgeEntry, KnowledgeSource, SourceContent, SourceDocument
from settings_app.services import save_entry
from settings_app.versions import changing, source_state


def add_entry(business: Business, question: str = "Do you ship?", answer: str = "Yes.") -> str:
    return save_entry(business=business, question=question, answer=answer).pk


def add_source(business: Business, *texts: str) -> KnowledgeSource:
    """A source whose readings are `texts`; the last one counts."""
    source = KnowledgeSource.objects.create(business=business, kind="text", title="Terms")
    for number, text in enumerate(texts, start=1):
        add_reading(source, number, text)
    let_count(source, len(texts))
    return source


def add_reading(source: KnowledgeSource, number: int, *texts: str) -> None:
    common = {"business_id": source.business_id}
    content = SourceContent.objects.create(source=source, number=number, digest=texts[0], **common)
    for position, text in enumerate(texts):
        SourceDocument.objects.create(content=content, position=position, text=text, **common)


def let_count(source: KnowledgeSource, number: int) -> None:
    source.live = number
    with changing(source.business_id) as change:
        source.save()
        change.note("source", source.pk, source_state(source))


def questions(business: Business) -> set[str]:
    rows = KnowledgeEntry.objects.for_business(business.pk)
    return set(rows.values_list("question", flat=True))


def at_once(calls: list[Callable[[], object]]) -> None:
    """Run each in a thread of its own, from the same moment on."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        start.wait(30)
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        list(pool.map(run, calls))
