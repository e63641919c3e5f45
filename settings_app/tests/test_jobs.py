"""Jobs survive their workers, and do all of it or nothing."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from accounts.models import Business, User
from core.lib.errors import NotFound
from settings_app import job_runs
from settings_app.contents import keep_content, make_live, settle_content
from settings_app.imports import import_reading
from settings_app.job_runs import register_reader, run_job
from settings_app.jobs import (
    Lost,
    claim_job,
    extend_claims,
    jobs_due,
    settle_job,
    start_import,
    start_reading,
)
from settings_app.models import (
    KnowledgeEntry,
    KnowledgeJob,
    KnowledgeSource,
    KnowledgeVersion,
    SourceContent,
    SourceDocument,
)
from settings_app.reading.shapes import Document, Reading, Refused, Row
from settings_app.selectors import knowledge_version

pytestmark = pytest.mark.django_db(transaction=True)
CSV = b"question,answer\nDo you ship?,Yes.\nOpen?,9 to 5\n"


@pytest.fixture
def job(business: Business, owner: User) -> KnowledgeJob:
    return start_import(business=business, user=owner, upload=ContentFile(CSV, name="faq.csv"))


@pytest.fixture
def source(business: Business) -> KnowledgeSource:
    return KnowledgeSource.objects.create(
        business=business, kind="web", title="Site", url="https://example.com/", refresh_hours=24
    )


@pytest.fixture
def reads() -> Any:
    """Sources of kind web are read by the function given, until the test ends."""

    def reads(read: Callable[[], Reading]) -> None:
        register_reader("web", lambda job, tell: read())

    before = job_runs._readers["web"]
    yield reads
    register_reader("web", before)


def let_lapse(job: KnowledgeJob) -> None:
    KnowledgeJob.objects.filter(pk=job.pk).update(claim_until=timezone.now().replace(year=2020))


def page(text: str) -> Reading:
    return Reading(documents=[Document("Home", text, "https://example.com/")])


def test_a_new_job_is_due_and_a_claimed_one_is_not(job: KnowledgeJob) -> None:
    assert jobs_due(older_than=0) == [job.pk]
    assert jobs_due(older_than=60) == []
    claimed = claim_job(job.pk)
    assert claimed is not None and claimed.state == "running"
    assert jobs_due(older_than=0) == []
    assert claim_job(job.pk) is None


def test_a_job_whose_worker_died_is_done_again_from_the_start(job: KnowledgeJob) -> None:
    claim_job(job.pk)
    let_lapse(job)
    assert jobs_due(older_than=0) == [job.pk]
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.counts["added"]) == ("done", 2, 2)
    assert jobs_due(older_than=0) == []


def test_three_deaths_are_a_failure_with_its_reason(job: KnowledgeJob) -> None:
    for _ in range(3):
        assert claim_job(job.pk) is not None
        let_lapse(job)
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "broken off three times" in job.problem
    assert job.finished_at is not None and not job.file
    assert jobs_due(older_than=0) == []


def test_a_worker_that_lost_its_job_changes_nothing(
    source: KnowledgeSource, business: Business, reads: Any
) -> None:
    """It stood still while it read, for longer than its lease."""
    job = start_reading(source=source)

    def slowly() -> Reading:
        let_lapse(job)
        assert claim_job(job.pk) is not None
        return page("late")

    reads(slowly)
    run_job(job_id=job.pk)
    assert not SourceContent.objects.exists()
    assert knowledge_version(business.pk) == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("running", 2)


def test_an_import_that_lost_its_job_adds_nothing(job: KnowledgeJob, business: Business) -> None:
    claimed = claim_job(job.pk)
    assert claimed is not None
    let_lapse(job)
    assert claim_job(job.pk) is not None
    row = Row(2, words={"question": "Open?", "answer": "Yes"}, fields=("answer",))
    with pytest.raises(Lost):
        import_reading(
            business=business,
            reading=Reading(rows=[row]),
            name="faq.csv",
            settle=lambda counts: settle_job(claimed),
        )
    assert not KnowledgeEntry.objects.exists()
    assert knowledge_version(business.pk) == 0


def test_a_beating_worker_keeps_its_job(job: KnowledgeJob) -> None:
    claimed = claim_job(job.pk)
    assert claimed is not None
    let_lapse(job)
    extend_claims([claimed.claim_token])
    assert jobs_due(older_than=0) == []
    extend_claims(["another"])
    settle_job(claimed)
    with pytest.raises(Lost):
        settle_job(claimed)


def test_of_many_workers_one_does_it(job: KnowledgeJob) -> None:
    def work() -> None:
        try:
            run_job(job_id=job.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert KnowledgeVersion.objects.count() == 1
    assert KnowledgeJob.objects.get().attempts == 1


def test_a_file_that_is_gone_is_said_so(job: KnowledgeJob) -> None:
    from settings_app.files import drop_file

    drop_file(job.file.name or "")
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.problem) == ("failed", job_runs.GONE)


def test_an_error_of_ours_is_tried_again_a_little_later(
    source: KnowledgeSource, reads: Any
) -> None:
    def broken() -> Reading:
        raise KeyError("ours")

    reads(broken)
    job = start_reading(source=source)
    run_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("running", 1)
    assert jobs_due(older_than=0) == []
    let_lapse(job)
    reads(lambda: page("Welcome"))
    run_job(job_id=job.pk)
    source.refresh_from_db()
    assert (source.state, source.live) == ("ready", 1)


def test_the_first_reading_counts_at_once_and_later_ones_wait(
    source: KnowledgeSource, business: Business, reads: Any
) -> None:
    for text, live, pending, version in [
        ("one", 1, None, 1),
        ("one", 1, None, 1),
        ("two", 1, 2, 1),
        ("two", 1, 2, 1),
        ("one", 1, None, 1),
        ("three", 1, 3, 1),
    ]:
        reads(lambda text=text: page(text))
        run_job(job_id=start_reading(source=source).pk)
        source.refresh_from_db()
        assert (source.live, source.pending) == (live, pending), text
        assert knowledge_version(business.pk) == version
    make_live(source, 3)
    source.refresh_from_db()
    assert (source.live, source.pending, knowledge_version(business.pk)) == (3, None, 2)
    assert source.due_at is not None and source.checked_at is not None
    with pytest.raises(NotFound):
        make_live(source, 9)


def test_a_source_that_publishes_at_once_never_waits(source: KnowledgeSource, reads: Any) -> None:
    KnowledgeSource.objects.update(publish_at_once=True)
    for number, text in enumerate(["one", "two"], 1):
        source.refresh_from_db()
        reads(lambda text=text: page(text))
        run_job(job_id=start_reading(source=source).pk)
        source.refresh_from_db()
        assert (source.live, source.pending) == (number, None)


def test_a_reading_that_fails_leaves_what_counts(source: KnowledgeSource, reads: Any) -> None:
    reads(lambda: page("one"))
    run_job(job_id=start_reading(source=source).pk)

    def refuse() -> Reading:
        raise Refused("The page can't be found.")

    reads(refuse)
    run_job(job_id=start_reading(source=source).pk)
    source.refresh_from_db()
    assert (source.state, source.problem, source.live) == ("failed", "The page can't be found.", 1)
    assert SourceDocument.objects.count() == 1


def test_asking_twice_is_one_reading(source: KnowledgeSource) -> None:
    assert start_reading(source=source).pk == start_reading(source=source).pk
    source.refresh_from_db()
    assert source.state == "waiting"


def test_a_source_deleted_in_mid_reading_leaves_nothing(
    source: KnowledgeSource, reads: Any
) -> None:
    def deleted() -> Reading:
        KnowledgeSource.objects.filter(pk=source.pk).delete()
        return page("late")

    reads(deleted)
    run_job(job_id=start_reading(source=source).pk)
    assert not KnowledgeJob.objects.exists()
    assert not SourceContent.objects.exists()


def test_a_file_source_is_read_from_the_upload(business: Business) -> None:
    source = KnowledgeSource.objects.create(business=business, kind="file", title="Guide")
    upload = ContentFile(b"# Returns\n\n14 days.", name="guide.md")
    run_job(job_id=start_reading(source=source, upload=upload).pk)
    source.refresh_from_db()
    assert (source.state, source.live) == ("ready", 1)
    assert SourceDocument.objects.get().text == "# Returns\n\n14 days."
    assert KnowledgeJob.objects.get().counts == {"documents": 1, "changed": True}


def test_contents_are_told_apart_by_their_words(source: KnowledgeSource) -> None:
    first = settle_content(source, [Document("a", "b")])
    assert first is not None and first.number == 1
    assert keep_content(source, [Document("a", "b")]) is None
    second = keep_content(source, [Document("ab", "")])
    assert second is not None and second.number == 2


def test_what_was_done_long_ago_is_forgotten(business: Business, owner: User) -> None:
    long_ago = timezone.now() - timedelta(days=91)
    old = KnowledgeJob.objects.create(
        business=business, kind="import", state="done", finished_at=long_ago
    )
    start_import(business=business, user=owner, upload=ContentFile(CSV, name="faq.csv"))
    assert not KnowledgeJob.objects.filter(pk=old.pk).exists()
    assert KnowledgeJob.objects.count() == 1
