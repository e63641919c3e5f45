"""How the background reads sources of kind web."""

from collections.abc import Callable

from django.conf import settings

from settings_app.jobs import Lost, give_back
from settings_app.models import KnowledgeJob, KnowledgeSource
from settings_app.reading.shapes import Document, Reading, Refused
from settings_app.selectors import documents_of
from settings_app.web.addresses import page_key
from settings_app.web.crawl import Crawl
from settings_app.web.fetching import Fetcher


def read_web(job: KnowledgeJob, tell: Callable[[int], None]) -> Reading:
    """The pages at the source's address. Raises Refused, and Lost when it has another one now."""
    source = job.source
    if source is None or not source.url:
        raise Refused("The source has no address.")
    fetcher = Fetcher(
        pause=settings.CRAWL_PAUSE_MS / 1_000, allow_private=settings.TRUST_PRIVATE_ENDPOINTS
    )
    crawl = Crawl(
        start=source.url,
        depth=source.follow_links,
        max_pages=source.max_pages,
        fetcher=fetcher,
        known=known_pages(source),
        tell=tell,
    )
    try:
        return crawl.read()
    finally:
        _start_over_if_moved(job, source)


def _start_over_if_moved(job: KnowledgeJob, source: KnowledgeSource) -> None:
    """Somebody changed the address meanwhile: the sweeper rings for the job again."""
    rows = KnowledgeSource.objects.filter(pk=source.pk).values_list("url", flat=True)
    if rows.first() != source.url:
        give_back(job, seconds=0)
        raise Lost


def known_pages(source: KnowledgeSource) -> dict[str, Document]:
    if source.live is None:
        return {}
    rows = documents_of(source, source.live)
    return {page_key(row.place): Document(row.title, row.text, row.place) for row in rows}
