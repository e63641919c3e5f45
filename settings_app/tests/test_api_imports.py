"""Files over the API: taken at once, read in the background."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Business, User
from settings_app.job_runs import run_job
from settings_app.models import (
    KnowledgeDraft,
    KnowledgeEntry,
    KnowledgeJob,
    KnowledgeSource,
    KnowledgeVersion,
    SourceDocument,
)

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/knowledge/imports/"
CSV = b"question,answer\nDo you ship?,Yes.\n,nothing\nOpen?,9 to 5\n"


@pytest.fixture
def pages(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="accounts.backends.UsernameOrEmailBackend")
    return client


def upload(pages: Client, content: bytes, name: str = "faq.csv", **fields: Any) -> Any:
    return pages.post(ADDRESS, {"file": SimpleUploadedFile(name, content), **fields})


@pytest.fixture
def work(django_capture_on_commit_callbacks: Any) -> Any:
    """Does a job as a worker does; the test's own transaction never commits."""

    def work(job_id: str) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            run_job(job_id=job_id)

    return work


def kept_files(business: Business) -> list[Path]:
    folder = Path(settings.MEDIA_ROOT) / business.pk / "knowledge"
    return list(folder.iterdir()) if folder.exists() else []


def test_a_file_is_taken_at_once_and_read_later(
    pages: Client, owner: User, business: Business, work: Any
) -> None:
    answer = upload(pages, CSV)
    assert answer.status_code == 202, answer.content
    job_id = answer.json()["id"]
    assert (answer.json()["state"], answer.json()["file_name"]) == ("waiting", "faq.csv")
    assert not KnowledgeEntry.objects.exists()
    assert len(kept_files(business)) == 1
    assert kept_files(business)[0].stat().st_mode & 0o077 == 0
    work(job_id)
    told = pages.get(f"{ADDRESS}{job_id}/").json()
    assert (told["state"], told["done"], told["total"], told["problem"]) == ("done", 3, 3, "")
    assert told["counts"] == {"added": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert told["rejected"] == [{"line": 3, "reason": "The question is empty."}]
    assert kept_files(business) == []
    version = KnowledgeVersion.objects.get()
    assert (version.user, version.via, version.summary) == (owner, "import", "Import of faq.csv")
    assert pages.get(ADDRESS).json()["results"][0]["id"] == job_id


def test_a_job_that_is_done_is_not_done_again(pages: Client, work: Any) -> None:
    job_id = upload(pages, CSV).json()["id"]
    work(job_id)
    KnowledgeEntry.objects.all().delete()
    work(job_id)
    assert not KnowledgeEntry.objects.exists()


def test_an_import_into_the_draft_changes_no_answer(pages: Client, work: Any) -> None:
    work(upload(pages, CSV, as_draft="true").json()["id"])
    assert not KnowledgeEntry.objects.exists()
    assert not KnowledgeVersion.objects.exists()
    questions = {draft.state["question"] for draft in KnowledgeDraft.objects.all()}  # type: ignore[index]
    assert questions == {"Do you ship?", "Open?"}
    work(upload(pages, CSV, as_draft="true").json()["id"])
    assert KnowledgeJob.objects.latest("created_at").counts["unchanged"] == 2


def test_text_without_questions_becomes_a_source_that_counts_at_once(
    pages: Client, work: Any
) -> None:
    words = "# Returns\n\nWithin 14 days.\n\n## Do you ship?\n\nYes, by post."
    work(upload(pages, words.encode(), "guide.md").json()["id"])
    source = KnowledgeSource.objects.get()
    assert (source.kind, source.title, source.live) == ("file", "guide", 1)
    assert SourceDocument.objects.get().text == "# Returns\n\nWithin 14 days."
    entry = KnowledgeEntry.objects.get()
    assert (entry.question, entry.answer) == ("Do you ship?", "Yes, by post.")
    assert KnowledgeVersion.objects.count() == 1
    work(upload(pages, words.encode(), "guide.md").json()["id"])
    counts = KnowledgeJob.objects.latest("created_at").counts
    assert (counts["added"], counts["updated"], counts["unchanged"]) == (0, 0, 2)
    assert KnowledgeVersion.objects.count() == 1


def test_a_file_that_cannot_be_read_fails_with_one_sentence(
    pages: Client, business: Business, work: Any
) -> None:
    job_id = upload(pages, b"\x89PNG\r\n\x1a\n", "faq.csv").json()["id"]
    work(job_id)
    told = pages.get(f"{ADDRESS}{job_id}/").json()
    assert told["state"] == "failed"
    assert told["problem"] == "This is a picture; there is no text in it that can be read."
    assert kept_files(business) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "file"),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "file"),
        ({"file": SimpleUploadedFile("a.csv", CSV), "colour": "red"}, "colour"),
    ],
)
def test_what_is_no_upload_is_refused(pages: Client, fields: Any, problem: str) -> None:
    answer = pages.post(ADDRESS, fields)
    assert answer.status_code == 400
    assert problem in answer.json()["fields"]
    assert not KnowledgeJob.objects.exists()


def test_a_json_body_is_not_an_upload(pages: Client) -> None:
    answer = pages.post(ADDRESS, json.dumps({"file": "x"}), content_type="application/json")
    assert answer.status_code == 415
    assert set(answer.json()) == {"detail", "code"}


def test_only_so_many_wait_at_a_time(pages: Client, business: Business) -> None:
    answers = [upload(pages, CSV).status_code for _ in range(21)]
    assert answers == [202] * 20 + [409]
    assert len(kept_files(business)) == 20


def test_an_agent_may_look_and_not_import(client: Client, business: Business) -> None:
    agent = User.objects.create_user("agent", "agent@example.com", "x" * 12, business=business)
    client.force_login(agent, backend="accounts.backends.UsernameOrEmailBackend")
    assert client.get(ADDRESS).status_code == 200
    assert upload(client, CSV).status_code == 403


def test_a_reading_of_a_source_is_no_import(pages: Client, business: Business) -> None:
    job = KnowledgeJob.objects.create(business=business, kind="read")
    assert pages.get(f"{ADDRESS}{job.pk}/").status_code == 404
    assert pages.get(ADDRESS).json()["count"] == 0
