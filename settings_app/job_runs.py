"""What a worker does with a job: read outside any transaction, write all of it or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from time import monotonic
from typing import Any

import structlog
from django.db import Error, transaction

from core.lib.errors import DomainError
from core.lib.hands import waiting
from core.lib.on_commit import delay_on_commit
from settings_app.contents import settle_content
from settings_app.files import drop_file, path_of
from settings_app.import_rows import ImportCounts
from settings_app.imports import import_reading
from settings_app.jobs import (
    Lost,
    claim_job,
    fail_job,
    give_back,
    heartbeat,
    mark_read,
    next_waiting,
    settle_job,
    tell_progress,
)
from settings_app.models import KnowledgeJob, KnowledgeSource
from settings_app.reading.child import read_path
from settings_app.reading.shapes import EMPTY, Purpose, Reading, Refused

log = structlog.get_logger(__name__)

AT_ONCE = 2
"""Children of one process: each may take 600 MB."""
SHOWN_ROWS = 200
TELL_SECONDS = 1.0
TRY_AGAIN_SECONDS = 5.0
GONE = "The file isn't kept any more; upload it again."
_slots = BoundedSemaphore(AT_ONCE)

Tell = Callable[[int], None]
Reader = Callable[[KnowledgeJob, Tell], Reading]
"""Reads a job's source: outside any transaction, telling now and then how many pages are read.

What the product can't read it raises as Refused or DomainError, with one plain sentence.
"""
_readers: dict[str, Reader] = {}


def register_reader(kind: str, reader: Reader) -> None:
    """Say how sources of a kind are read."""
    _readers[kind] = reader


def run_job(*, job_id: str) -> None:
    """Do it, unless somebody else does or this process reads enough files already."""
    with _slot() as free:
        job = claim_job(job_id) if free else None
        if job is not None:
            with heartbeat.keep(job.claim_token):
                _run_guarded(job)
    if job is not None:
        _drop_orphan(job)
        _ring_next()


@contextmanager
def _slot() -> Iterator[bool]:
    free = _slots.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            _slots.release()


def _ring_next() -> None:
    from settings_app.tasks import run_job as bell  # tasks import this module

    if job_id := next_waiting():
        delay_on_commit(bell, job_id)


def _run_guarded(job: KnowledgeJob) -> None:
    try:
        (_import if job.kind == KnowledgeJob.Kind.IMPORT else _read)(job)
    except (Refused, DomainError) as refused:
        fail_job(job, refused.reason if isinstance(refused, Refused) else refused.detail)
    except Lost:
        log.info("job_lost", job_id=job.pk)
    except FileNotFoundError:
        fail_job(job, GONE)
    except Error:
        log.warning("job_put_off", job_id=job.pk, attempt=job.attempts)
        raise
    except Exception:
        log.exception("job_failed", job_id=job.pk, attempt=job.attempts)
        give_back(job, seconds=TRY_AGAIN_SECONDS)


def _drop_orphan(job: KnowledgeJob) -> None:
    """Its source was deleted meanwhile, and the job with it."""
    if not KnowledgeJob.objects.filter(pk=job.pk).exists():
        drop_file(job.file.name or "")


def _import(job: KnowledgeJob) -> None:
    reading = read_upload(job, _teller(job), purpose="entries")
    total = len(reading.rows) + len(reading.documents)
    tell_progress(job, 0, total)
    import_reading(
        business=job.business,
        reading=reading,
        name=job.file_name,
        user=job.user,
        via="import",
        as_draft=job.as_draft,
        settle=lambda counts: _settle_import(job, counts, total),
    )


def _settle_import(job: KnowledgeJob, counts: ImportCounts, total: int) -> None:
    rejected = counts.as_json()["rejected_rows"][:SHOWN_ROWS]
    settle_job(job, done=total, total=total, counts=counts.numbers(), rejected=rejected)


def _read(job: KnowledgeJob) -> None:
    source = job.source
    if source is None:
        raise Refused("The source is gone.")
    reading = _readers.get(source.kind, read_source)(job, _teller(job))
    if not reading.documents:
        raise Refused(reading.problems[0] if reading.problems else EMPTY)
    _settle_read(job, source, reading)


def _settle_read(job: KnowledgeJob, source: KnowledgeSource, reading: Reading) -> None:
    """The content, the source and the job in one transaction."""
    with transaction.atomic():
        content = settle_content(
            source, reading.documents, user=job.user, via="reading", as_draft=job.as_draft
        )
        problem = reading.problems[0] if reading.problems else ""
        mark_read(source, state=KnowledgeSource.State.READY, problem=problem)
        found = len(reading.documents)
        counts: dict[str, Any] = {"documents": found, "changed": content is not None}
        if reading.problems:
            counts |= {"problems": reading.problems}
        settle_job(job, done=found, total=found, counts=counts)


def read_source(job: KnowledgeJob, tell: Tell) -> Reading:
    """Sources of the kinds text and file: the job's upload, or the file that the source keeps."""
    return read_upload(job, tell, purpose="documents")


def read_upload(job: KnowledgeJob, tell: Tell, *, purpose: Purpose) -> Reading:
    kept = job.source.file.name if job.source is not None else ""
    place = job.file.name or kept
    if not place:
        raise Refused(GONE)
    name = job.file_name if job.file.name or job.source is None else job.source.file_name
    with waiting():
        return read_path(path_of(place), name=name, purpose=purpose, tell=tell)


def _teller(job: KnowledgeJob) -> Tell:
    """Writes progress once a second at most."""
    told = monotonic()

    def tell(done: int) -> None:
        nonlocal told
        if monotonic() - told >= TELL_SECONDS:
            told = monotonic()
            tell_progress(job, done)

    return tell
