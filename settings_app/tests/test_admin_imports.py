"""The admin's pages of imports: upload, progress, what came of it."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Business, User
from settings_app.job_runs import run_job
from settings_app.models import KnowledgeEntry, KnowledgeJob

pytestmark = pytest.mark.django_db
PAGES = "/admin/settings_app/knowledgejob/"
CSV = b"question,answer\nOpen?,Yes\n<b>bold</b>,\n"


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def upload(pages: Client, content: bytes = CSV, **fields: Any) -> Any:
    file = SimpleUploadedFile("faq.csv", content)
    return pages.post(f"{PAGES}add/", {"file": file, "_save": "Save", **fields})


def test_an_upload_leads_to_a_page_that_asks_again_until_it_is_done(pages: Client) -> None:
    answer = upload(pages)
    job = KnowledgeJob.objects.get()
    assert answer["Location"] == f"{PAGES}{job.pk}/change/"
    page = pages.get(answer["Location"]).content.decode()
    assert f'hx-get="{PAGES}{job.pk}/progress/"' in page
    assert "Waiting for its turn." in page
    run_job(job_id=job.pk)
    part = pages.get(f"{PAGES}{job.pk}/progress/").content.decode()
    assert "faq.csv is imported." in part and "The answer is empty." in part
    assert "hx-get" not in part and "<script" not in part and "style=" not in part
    assert KnowledgeEntry.objects.get().question == "Open?"
    assert b"1 added" in pages.get(PAGES).content


def test_a_failure_says_what_to_do(pages: Client) -> None:
    upload(pages, b"%PDF-1.4 broken")
    job = KnowledgeJob.objects.get()
    run_job(job_id=job.pk)
    part = pages.get(f"{PAGES}{job.pk}/progress/").content.decode()
    assert "This PDF is damaged and can&#x27;t be read; save it again." in part


def test_a_form_without_a_file_is_shown_again(pages: Client) -> None:
    answer = pages.post(f"{PAGES}add/", {"_save": "Save"})
    assert answer.status_code == 200 and b"This field is required." in answer.content
    assert upload(pages, b"").status_code == 200
    assert not KnowledgeJob.objects.exists()


def test_too_many_waiting_imports_are_refused_on_the_page(
    pages: Client, business: Business
) -> None:
    rows = [KnowledgeJob(business=business, kind="import") for _ in range(20)]
    KnowledgeJob.objects.bulk_create(rows)
    assert b"20 imports are waiting already" in upload(pages).content


def test_progress_of_another_business_is_not_there(pages: Client, other_business: Business) -> None:
    job = KnowledgeJob.objects.create(business=other_business, kind="import", file_name="theirs")
    answer = pages.get(f"{PAGES}{job.pk}/progress/")
    assert answer.status_code == 404 and b"theirs" not in answer.content


def test_progress_is_for_the_owner(client: Client, agent: User, business: Business) -> None:
    job = KnowledgeJob.objects.create(business=business, kind="import")
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.get(f"{PAGES}{job.pk}/progress/").status_code in {302, 403}


def test_readings_of_sources_are_not_listed(pages: Client, business: Business) -> None:
    job = KnowledgeJob.objects.create(business=business, kind="read", file_name="reading")
    assert b"reading" not in pages.get(PAGES).content.split(b"</nav>")[-1]
    assert pages.get(f"{PAGES}{job.pk}/change/").status_code == 302
