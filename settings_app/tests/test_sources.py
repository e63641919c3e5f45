"""Sources over the API: a text, a file and a site, read, published, forgotten."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Business, User
from settings_app.job_runs import run_job
from settings_app.models import (
    KnowledgeDraft,
    KnowledgeJob,
    KnowledgeSource,
    KnowledgeVersion,
    SourceDocument,
)
from settings_app.selectors import live_documents
from settings_app.tests.site_server import Site, a_site

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/knowledge/sources/"


@pytest.fixture(autouse=True)
def own_network(settings: Any) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    settings.CRAWL_PAUSE_MS = 0


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


@pytest.fixture
def site() -> Iterator[Site]:
    with a_site() as site:
        site.page("/", "We sell kites of every colour.", links=["/delivery", "/returns"])
        site.page("/delivery", "Delivery takes three days and costs five euros.")
        site.page("/returns", "Returns are free within 14 days.")
        yield site


@pytest.fixture
def work(django_capture_on_commit_callbacks: Any) -> Any:
    """Does the jobs that wait, as a worker does."""

    def work() -> None:
        waiting = KnowledgeJob.objects.filter(state="waiting").values_list("pk", flat=True)
        for job_id in list(waiting):
            with django_capture_on_commit_callbacks(execute=True):
                run_job(job_id=job_id)

    return work


def send(pages: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return pages.generic(method, path, content_type="application/json", data=_json(body or {}))


def _json(body: dict[str, Any]) -> bytes:
    import json

    return json.dumps(body).encode()


def add(pages: Client, **body: Any) -> dict[str, Any]:
    answer = send(pages, "POST", ADDRESS, body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def shown(pages: Client, source_id: str) -> dict[str, Any]:
    found: dict[str, Any] = pages.get(f"{ADDRESS}{source_id}/").json()
    return found


def live(business: Business) -> dict[str, str]:
    return {document.title: document.text for _, document in live_documents(business.pk)}


def test_a_site_is_read_in_the_background_and_counts_at_once(
    pages: Client, business: Business, site: Site, work: Any
) -> None:
    added = add(pages, url=site.url, follow_links=1, refresh_hours=24)
    assert (added["state"], added["kind"], added["reading"]) == ("waiting", "web", None)
    assert site.asked == []
    work()
    told = shown(pages, added["id"])
    assert (told["state"], told["problem"], told["pages"]) == ("ready", "", 3)
    assert (told["reading"], told["pending"]) == (1, None)
    assert told["checked_at"] is not None and told["due_at"] > told["checked_at"]
    assert "three days" in live(business)["Delivery"]
    assert site.agents == {"Deskbell"}
    assert KnowledgeVersion.objects.get().via == "reading"
