"""A page of the business's own site answers a customer, once it was read and published."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import Business, User
from AI_model.retrieval.search import search
from AI_model.tasks import build_index
from settings_app.job_runs import run_job
from settings_app.models import KnowledgeJob
from settings_app.tests.site_server import Site, a_site

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/api/v1/knowledge/sources/"


@pytest.fixture
def site() -> Iterator[Site]:
    with a_site() as site:
        site.page("/", "We sell kites of every colour.", links=["/delivery"])
        site.page("/delivery", "Delivery to Norway takes three days and costs five euros.")
        yield site


def work(business: Business) -> None:
    for job in KnowledgeJob.objects.filter(state="waiting"):
        run_job(job_id=job.pk)
    build_index.run(business.pk)


def found(business: Business) -> Any:
    return search(business_id=business.pk, question="How long does delivery to Norway take?")[0]


def test_a_site_that_was_added_is_found_and_a_change_only_once_it_is_published(
    client: Client, business: Business, owner: User, site: Site, settings: Any
) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS, settings.CRAWL_PAUSE_MS = True, 0
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    body = {"url": site.url, "follow_links": 1}
    added = client.post(ADDRESS, body, content_type="application/json")
    source_id = added.json()["id"]
    work(business)
    passage = found(business)
    assert "three days" in passage.text
    site.page("/delivery", "Delivery to Norway takes nine days and costs five euros.")
    client.post(f"{ADDRESS}{source_id}/read/")
    work(business)
    assert "three days" in found(business).text
    client.post(f"{ADDRESS}{source_id}/pending/")
    work(business)
    assert "nine days" in found(business).text
