"""Sources over the API: a text, a file and a site, read, published, forgotten."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import Business, User
from core.lib.errors import Conflict
from settings_app.contents import settle_content
from settings_app.drafts import drafted_documents
from settings_app.job_runs import run_job
from settings_app.jobs import jobs_due
from settings_app.maintenance import read_due_sources
from settings_app.models import (
    KnowledgeJob,
    KnowledgeSource,
    KnowledgeVersion,
    SourceDocument,
)
from settings_app.reading.shapes import Document
from settings_app.services import publish_knowledge
from settings_app.sources import change_source, discard_pending, publish_pending
from settings_app.tests.knowledge_rows import at_once
from settings_app.tests.site_server import Site
from settings_app.tests.source_calls import ADDRESS, add, live, send, shown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_network")]


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


def test_a_reading_without_change_only_says_when_it_looked(
    pages: Client, business: Business, site: Site, work: Any
) -> None:
    source_id = add(pages, url=site.url, follow_links=1)["id"]
    work()
    before = shown(pages, source_id)
    assert send(pages, "POST", f"{ADDRESS}{source_id}/read/").status_code == 202
    work()
    after = shown(pages, source_id)
    assert after["checked_at"] > before["checked_at"]
    assert (after["reading"], after["pending"], after["state"]) == (1, None, "ready")
    assert KnowledgeVersion.objects.count() == 1


@pytest.fixture
def changed(pages: Client, site: Site, work: Any) -> str:
    """A source whose site became another one after its first reading."""
    source_id: str = add(pages, url=site.url, follow_links=1, title="Shop")["id"]
    work()
    site.page("/", "We sell kites of every colour.", links=["/delivery", "/jobs"])
    site.page("/delivery", "Delivery takes two days and costs five euros.")
    site.page("/jobs", "We look for a sailor.")
    send(pages, "POST", f"{ADDRESS}{source_id}/read/")
    work()
    return source_id


def test_what_changed_waits_with_a_difference_in_words(
    pages: Client, business: Business, changed: str
) -> None:
    assert shown(pages, changed)["pending"] == 2
    assert "three days" in live(business)["Delivery"]
    told = pages.get(f"{ADDRESS}{changed}/pending/").json()
    assert (told["reading"], told["added"], told["removed"], told["changed"]) == (2, 1, 1, 1)
    assert told["unchanged"] == 1
    by_title = {page["title"]: page for page in told["pages"]}
    assert {title: page["what"] for title, page in by_title.items()} == {
        "Delivery": "changed",
        "Jobs": "added",
        "Returns": "removed",
    }
    segments = [(part["what"], part["text"]) for part in by_title["Delivery"]["segments"]]
    assert ("removed", "three") in segments and ("added", "two") in segments
    assert by_title["Jobs"]["place"].endswith("/jobs")


def test_what_waits_is_published_as_one_version(
    pages: Client, business: Business, owner: User, changed: str
) -> None:
    answer = send(pages, "POST", f"{ADDRESS}{changed}/pending/?reading=2")
    assert (answer.status_code, answer.json()["reading"], answer.json()["pending"]) == (
        200,
        2,
        None,
    )
    assert "two days" in live(business)["Delivery"] and "Returns" not in live(business)
    assert KnowledgeVersion.objects.count() == 2
    latest = KnowledgeVersion.objects.latest("number")
    assert (latest.user, latest.via) == (owner, "api")
    assert latest.summary == "What was found at “Shop” was published"
    again = send(pages, "POST", f"{ADDRESS}{changed}/pending/")
    assert again.status_code == 409 and pages.get(f"{ADDRESS}{changed}/pending/").status_code == 409


def test_only_the_reading_that_was_looked_at_is_published(
    pages: Client, business: Business, site: Site, changed: str, work: Any
) -> None:
    site.page("/jobs", "We look for two sailors.")
    send(pages, "POST", f"{ADDRESS}{changed}/read/")
    work()
    stale = send(pages, "POST", f"{ADDRESS}{changed}/pending/?reading=2")
    assert stale.status_code == 409 and "read again meanwhile" in stale.json()["detail"]
    assert "three days" in live(business)["Delivery"]


def test_what_is_discarded_is_not_proposed_again_by_itself(
    pages: Client, business: Business, site: Site, changed: str, work: Any
) -> None:
    assert send(pages, "DELETE", f"{ADDRESS}{changed}/pending/").status_code == 204
    KnowledgeSource.objects.update(due_at=timezone.now(), refresh_hours=1)
    read_due_sources()
    work()
    assert shown(pages, changed)["pending"] is None and "three days" in live(business)["Delivery"]
    site.page("/jobs", "We look for two sailors.")
    KnowledgeSource.objects.update(due_at=timezone.now())
    read_due_sources()
    work()
    assert shown(pages, changed)["pending"] == 3


def test_changes_count_at_once_where_the_owner_wants_it(
    pages: Client, business: Business, site: Site, changed: str, work: Any
) -> None:
    answer = send(pages, "PATCH", f"{ADDRESS}{changed}/", {"publish_at_once": True})
    assert answer.json()["publish_at_once"] is True
    site.page("/jobs", "We look for two sailors.")
    send(pages, "POST", f"{ADDRESS}{changed}/read/")
    work()
    assert shown(pages, changed)["reading"] == 3 and shown(pages, changed)["pending"] is None
    assert "two sailors" in live(business)["Jobs"]


def test_a_site_that_lost_most_of_its_pages_waits_for_a_look_all_the_same(
    pages: Client, business: Business, site: Site, work: Any
) -> None:
    source_id = add(pages, url=site.url, follow_links=1, publish_at_once=True)["id"]
    work()
    site.page("/", "Back soon.")
    send(pages, "POST", f"{ADDRESS}{source_id}/read/")
    work()
    assert shown(pages, source_id)["pending"] == 2 and len(live(business)) == 3


def test_a_failing_site_leaves_what_was_known(
    pages: Client, business: Business, site: Site, work: Any
) -> None:
    source_id = add(pages, url=site.url, follow_links=1, refresh_hours=2)["id"]
    work()
    site.fail("/", 503)
    send(pages, "POST", f"{ADDRESS}{source_id}/read/")
    work()
    told = shown(pages, source_id)
    assert (told["state"], told["problem"]) == ("failed", f"{site.url}/ answers with 503.")
    assert len(live(business)) == 3 and told["due_at"] > told["checked_at"]


def test_sources_are_read_when_they_are_due_and_not_before(
    pages: Client, site: Site, work: Any
) -> None:
    source_id = add(pages, url=site.url, refresh_hours=24)["id"]
    work()
    read_due_sources()
    assert not KnowledgeJob.objects.filter(state="waiting").exists()
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        read_due_sources()
        read_due_sources()
        assert KnowledgeJob.objects.filter(state="waiting").count() == 1
        work()
        read_due_sources()
        assert not KnowledgeJob.objects.filter(state="waiting").exists()
    KnowledgeSource.objects.update(is_active=False, due_at=timezone.now())
    read_due_sources()
    assert not KnowledgeJob.objects.filter(state="waiting").exists()
    assert shown(pages, source_id)["state"] == "ready"


def test_a_text_counts_at_once_and_its_change_too(pages: Client, business: Business) -> None:
    source_id = add(pages, title="Terms", text="We ship\u200b by post.")["id"]
    assert live(business) == {"Terms": "We ship by post."}
    answer = send(pages, "PATCH", f"{ADDRESS}{source_id}/", {"text": "We ship by boat."})
    assert (answer.status_code, answer.json()["reading"]) == (200, 2)
    assert live(business) == {"Terms": "We ship by boat."}
    assert KnowledgeVersion.objects.count() == 2
    send(pages, "PATCH", f"{ADDRESS}{source_id}/", {"is_active": False})
    assert live(business) == {} and KnowledgeVersion.objects.count() == 3


def test_a_file_is_read_in_the_background_and_given_anew(
    pages: Client, business: Business, work: Any
) -> None:
    def upload(path: str, words: bytes) -> Any:
        return pages.post(path, {"file": SimpleUploadedFile("guide.md", words)})

    added = upload(ADDRESS, b"# Kites\n\nKites fly.").json()
    assert (added["kind"], added["file_name"], added["title"]) == ("file", "guide.md", "guide")
    work()
    assert live(business) == {"guide": "# Kites\n\nKites fly."}
    address = f"{ADDRESS}{added['id']}/read/"
    assert send(pages, "POST", address).status_code == 400
    assert upload(address, b"# Kites\n\nKites fly high.").status_code == 202
    work()
    assert shown(pages, added["id"])["pending"] == 2


def test_documents_are_listed_and_read_one_by_one(pages: Client, site: Site, work: Any) -> None:
    source_id = add(pages, url=site.url, follow_links=1)["id"]
    work()
    told = pages.get(f"{ADDRESS}{source_id}/documents/?page_size=2").json()
    assert (told["count"], len(told["results"])) == (3, 2)
    assert [row["title"] for row in told["results"]] == ["Home", "Delivery"]
    one = pages.get(f"{ADDRESS}{source_id}/documents/1/").json()
    assert "three days" in one["text"] and one["characters"] == len(one["text"])
    assert pages.get(f"{ADDRESS}{source_id}/documents/9/").status_code == 404


def test_sources_wait_in_the_draft_until_it_is_published(
    pages: Client, business: Business, owner: User, site: Site, work: Any
) -> None:
    send(pages, "POST", f"{ADDRESS}?draft=true", {"title": "Terms", "text": "By post."})
    send(pages, "POST", f"{ADDRESS}?draft=true", {"url": site.url, "follow_links": 1})
    work()
    assert live(business) == {} and not KnowledgeVersion.objects.exists()
    assert {document.title for _, document in drafted_documents(business.pk)} == {
        *("Terms", "Home", "Delivery", "Returns"),
    }
    publish_knowledge(business=business, user=owner)
    assert set(live(business)) == {"Terms", "Home", "Delivery", "Returns"}
    assert KnowledgeVersion.objects.count() == 1
    terms = KnowledgeSource.objects.get(kind="text").pk
    send(pages, "PATCH", f"{ADDRESS}{terms}/?draft=true", {"text": "By boat.", "title": "Rules"})
    assert live(business)["Terms"] == "By post."
    [drafted] = [text for source, text in drafted_documents(business.pk) if source.pk == terms]
    assert drafted.text == "By boat."
    publish_knowledge(business=business, user=owner)
    assert "By boat." in live(business).values() and shown(pages, terms)["title"] == "Rules"
    assert send(pages, "DELETE", f"{ADDRESS}{terms}/?draft=true").status_code == 204
    assert shown(pages, terms)["reading"] == 2
    publish_knowledge(business=business, user=owner)
    assert pages.get(f"{ADDRESS}{terms}/").status_code == 404


def test_a_deleted_source_goes_with_all_that_was_read(pages: Client, changed: str) -> None:
    assert send(pages, "DELETE", f"{ADDRESS}{changed}/").status_code == 204
    assert not SourceDocument.objects.exists() and not KnowledgeJob.objects.exists()
    assert KnowledgeVersion.objects.latest("number").summary == "“Shop” was deleted"


def test_another_address_is_read_at_once(
    pages: Client, business: Business, site: Site, work: Any
) -> None:
    source_id = add(pages, url=site.url)["id"]
    work()
    told = send(pages, "PATCH", f"{ADDRESS}{source_id}/", {"url": f"{site.url}/delivery#x"}).json()
    assert (told["url"], told["state"]) == (f"{site.url}/delivery", "waiting")
    work()
    assert shown(pages, source_id)["pending"] == 2


def test_an_address_that_changes_while_it_is_read_is_read_in_its_place(
    pages: Client, business: Business, site: Site, work: Any
) -> None:
    source_id = add(pages, url=site.url)["id"]

    def change() -> None:
        change_source(source=KnowledgeSource.objects.get(), changes={"url": f"{site.url}/delivery"})

    site.on_asked["/"] = change
    work()
    assert live(business) == {} and shown(pages, source_id)["problem"] == ""
    for job_id in jobs_due(older_than=0):
        run_job(job_id=job_id)
    assert list(live(business)) == ["Delivery"] and shown(pages, source_id)["state"] == "ready"


def test_what_was_added_in_the_draft_does_not_count_by_being_read_again(
    pages: Client, business: Business, site: Site, work: Any
) -> None:
    body = {"url": site.url, "refresh_hours": 1}
    send(pages, "POST", f"{ADDRESS}?draft=true", body)
    work()
    site.page("/", "We sell boats.")
    KnowledgeSource.objects.update(due_at=timezone.now())
    read_due_sources()
    work()
    assert live(business) == {}
    assert [text.text for _, text in drafted_documents(business.pk)] == ["# Home\n\nWe sell boats."]


def test_two_that_look_for_what_is_due_ask_for_one_reading(
    pages: Client, business: Business, site: Site, work: Any
) -> None:
    add(pages, url=site.url, refresh_hours=1)
    work()
    KnowledgeSource.objects.update(due_at=timezone.now())
    at_once([read_due_sources, read_due_sources, read_due_sources])
    assert KnowledgeJob.objects.filter(state="waiting").count() == 1


def test_published_and_discarded_at_once_one_of_them_wins(
    pages: Client, business: Business, owner: User, changed: str
) -> None:
    source = KnowledgeSource.objects.get(pk=changed)
    refused = []

    def guarded(service: Any, **more: Any) -> Any:
        def call() -> None:
            try:
                service(source=source, reading=2, **more)
            except Conflict as conflict:
                refused.append(conflict)

        return call

    at_once([guarded(publish_pending, user=owner), guarded(discard_pending)])
    source.refresh_from_db()
    assert len(refused) == 1 and source.pending is None
    assert KnowledgeVersion.objects.count() == (source.live or 0)


def test_old_readings_are_forgotten_but_not_those_that_count_or_wait(
    pages: Client, business: Business, owner: User
) -> None:
    source_id = add(pages, title="Terms", text="Number 0.")["id"]
    source = KnowledgeSource.objects.get(pk=source_id)
    for number in range(1, 40):
        settle_content(source, [Document("Terms", f"Number {number}.")], user=owner)
    assert (source.live, source.pending) == (1, 40)
    numbers = list(source.contents.order_by("number").values_list("number", flat=True))
    assert numbers == [1, *range(10, 41)]
