"""A site on this machine, and somebody who makes sources of it. Models are imported late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from accounts.models import User
    from settings_app.tests.site_server import Site


@pytest.fixture
def own_network(settings: Any) -> None:
    settings.TRUST_PRIVATE_ENDPOINTS = True
    settings.CRAWL_PAUSE_MS = 0


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


@pytest.fixture
def site() -> Iterator[Site]:
    from settings_app.tests.site_server import a_site

    with a_site() as site:
        site.page("/", "We sell kites of every colour.", links=["/delivery", "/returns"])
        site.page("/delivery", "Delivery takes three days and costs five euros.")
        site.page("/returns", "Returns are free within 14 days.")
        yield site


@pytest.fixture
def work() -> Any:
    """Does the jobs that wait, as a worker does."""
    from settings_app.job_runs import run_job
    from settings_app.models import KnowledgeJob

    def work() -> None:
        for job_id in list(
            KnowledgeJob.objects.filter(state="waiting").values_list("pk", flat=True)
        ):
            run_job(job_id=job_id)

    return work
