"""The admin's pages of sources: add one of a kind, read it, look at what changed."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Business, User
from settings_app.job_runs import run_job
from settings_app.models import KnowledgeJob, KnowledgeSource, KnowledgeVersion
from settings_app.selectors import live_documents
from settings_app.tests.site_server import Site, a_site

# The child that reads takes longer than a transaction of PostgreSQL may wait.
pytestmark = pytest.mark.django_db(transaction=True)
PAGES = "/admin/settings_app/knowledgesource/"
WEB = {"follow_links": "1", "max_pages": "10", "is_active": "on", "_save": "Save"}


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
        site.page("/", "We sell kites of every colour.", links=["/delivery"])
        site.page("/delivery", "Delivery takes <b>three</b> days.")
        yield site


def work() -> None:
    for job in KnowledgeJob.objects.filter(state="waiting"):
        run_job(job_id=job.pk)


def change_page() -> str:
    return f"{PAGES}{KnowledgeSource.objects.get().pk}/change/"


def texts(business: Business) -> str:
    return "\n".join(document.text for _, document in live_documents(business.pk))


def test_a_web_address_is_added_read_and_its_change_looked_at(
    pages: Client, business: Business, site: Site
) -> None:
    added = pages.post(f"{PAGES}add/?kind=web", {"url": site.url, **WEB})
    assert added["Location"] == change_page(), added.content
    source = KnowledgeSource.objects.get()
    page = pages.get(change_page()).content.decode()
    assert f'hx-get="{PAGES}{source.pk}/state/"' in page and "Waiting for its turn." in page
    work()
    part = pages.get(f"{PAGES}{source.pk}/state/").content.decode()
    assert "Answers are made from it." in part and "hx-get" not in part
    assert site.url + "/delivery" in pages.get(change_page()).content.decode()
    site.page("/delivery", "Delivery takes &lt;script&gt;two days.")
    assert pages.post(f"{PAGES}{source.pk}/read/").status_code == 302
    work()
    assert "To look at" in pages.get(PAGES).content.decode()
    look = pages.get(f"{PAGES}{source.pk}/difference/").content.decode()
    assert "<del>three</del>" in look and "&lt;script&gt;" in look
    assert "<script>two" not in look and "style=" not in look
    assert "three" in texts(business)
    pages.post(f"{PAGES}{source.pk}/publish/", {"reading": "2"})
    assert "two days" in texts(business)
    assert KnowledgeVersion.objects.latest("number").via == "page"


def test_what_waits_is_discarded_and_a_stale_page_publishes_nothing(
    pages: Client, business: Business, site: Site
) -> None:
    pages.post(f"{PAGES}add/", {"url": site.url, **WEB})
    work()
    source = KnowledgeSource.objects.get()
    for words in ("Two days.", "One day."):
        site.page("/delivery", words)
        pages.post(f"{PAGES}{source.pk}/read/")
        work()
    stale = pages.post(f"{PAGES}{source.pk}/publish/", {"reading": "2"}, follow=True)
    assert "read again meanwhile" in stale.content.decode()
    pages.post(f"{PAGES}{source.pk}/discard/", {"reading": "3"})
    assert KnowledgeSource.objects.get().pending is None and "three" in texts(business)
    assert pages.get(f"{PAGES}{source.pk}/difference/")["Location"] == change_page()


def test_a_text_and_a_file_are_added_and_changed(pages: Client, business: Business) -> None:
    words = {"title": "Terms", "text": "We ship by post.", "is_active": "on"}
    pages.post(f"{PAGES}add/?kind=text", words)
    assert texts(business) == "We ship by post."
    assert "We ship by post." in pages.get(change_page()).content.decode()
    pages.post(change_page(), words | {"text": "We ship by boat."})
    assert texts(business) == "We ship by boat."
    KnowledgeSource.objects.get().delete()
    file = SimpleUploadedFile("guide.md", b"Kites fly.")
    pages.post(f"{PAGES}add/?kind=file", {"upload": file, "is_active": "on"})
    work()
    assert texts(business) == "Kites fly." and KnowledgeSource.objects.get().title == "guide"


@pytest.mark.parametrize(
    ("kind", "given", "problem"),
    [
        ("web", {"url": "http://169.254.169.254/"}, "This address is not allowed."),
        ("web", {"url": ""}, "This field is required."),
        ("web", {"url": "http://93.184.216.34/", "max_pages": "501"}, "Between 1 and 500."),
        ("web", {"url": "http://93.184.216.34/", "follow_links": "11"}, "Between 0 and 10."),
        ("text", {"title": "x", "text": ""}, "This field is required."),
        ("file", {"title": "x"}, "This field is required."),
    ],
)
def test_a_form_that_is_wrong_is_shown_again(
    pages: Client, kind: str, given: dict[str, str], problem: str
) -> None:
    answer = pages.post(f"{PAGES}add/?kind={kind}", WEB | given)
    assert answer.status_code == 200 and problem in answer.content.decode()
    assert not KnowledgeSource.objects.exists()


def test_what_can_only_be_refused_later_is_said_on_the_page(
    pages: Client, business: Business
) -> None:
    rows = [KnowledgeJob(business=business, kind="import") for _ in range(20)]
    KnowledgeJob.objects.bulk_create(rows)
    words = WEB | {"url": "http://93.184.216.34/"}
    answer = pages.post(f"{PAGES}add/?kind=web", words, follow=True)
    assert "20 imports are waiting already" in answer.content.decode()


@pytest.mark.parametrize("word", ["state", "difference", "read", "publish", "discard"])
def test_a_source_of_another_business_is_not_there(
    pages: Client, client: Client, agent: User, other_business: Business, word: str
) -> None:
    theirs = KnowledgeSource.objects.create(
        business=other_business, kind="web", title="theirs", url="https://theirs.example/"
    )
    ask = pages.get if word in {"state", "difference"} else pages.post
    assert ask(f"{PAGES}{theirs.pk}/{word}/").status_code == 404
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.post(f"{PAGES}{theirs.pk}/{word}/").status_code in {302, 403}
    assert not KnowledgeJob.objects.exists()


def test_deleting_takes_all_of_it_away(pages: Client, business: Business) -> None:
    words = {"title": "Terms", "text": "We ship by post.", "is_active": "on"}
    pages.post(f"{PAGES}add/?kind=text", words)
    pages.post(change_page().replace("change", "delete"), {"post": "yes"})
    assert not KnowledgeSource.objects.exists() and texts(business) == ""
