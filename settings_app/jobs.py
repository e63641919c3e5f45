"""Imports and readings in the background: asked for, claimed under a lease, done or given up."""

from datetime import timedelta
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Business, User
from core.lib.clock import database_now
from core.lib.errors import Conflict, DomainError
from core.lib.heartbeat import Heartbeat
from core.lib.ids import new_id
from core.lib.on_commit import delay_on_commit
from core.lib.returning import update_returning
from settings_app.files import drop_file, keep_file
from settings_app.models import KnowledgeJob, KnowledgeSource
from settings_app.reading.clean import file_name
from settings_app.reading.shapes import MAX_BYTES, TOO_LARGE

LEASE_SECONDS = 30.0
BEAT_SECONDS = 8.0
MAX_ATTEMPTS = 3
MAX_WAITING = 20
KEPT = timedelta(days=90)
DIED = "Reading it was broken off three times; split the file, or try again later."

State = KnowledgeJob.State
Kind = KnowledgeJob.Kind
UNFINISHED = (State.WAITING, State.RUNNING)


class Lost(Exception):
    """Another worker holds the job now: what this one did does not count."""


def start_import(
    *, business: Business, user: User | None, upload: "File[bytes]", as_draft: bool = False
) -> KnowledgeJob:
    """Keep the upload and ask for its import. DomainError when it is too large or too many wait."""
    return _start(business, Kind.IMPORT, user=user, upload=upload, as_draft=as_draft)


def start_reading(
    *,
    source: KnowledgeSource,
    user: User | None = None,
    upload: "File[bytes] | None" = None,
    as_draft: bool = False,
) -> KnowledgeJob:
    """Ask for a reading of the source; the one that is under way already serves as well."""
    running = KnowledgeJob.objects.filter(source=source, state__in=UNFINISHED).first()
    if running is not None and upload is None:
        return running
    # What was added in the draft stays there until it is published, whoever asks.
    drafted = source.live is None and source.jobs.filter(as_draft=True).exists()
    return _start(
        source.business,
        Kind.READ,
        user=user,
        upload=upload,
        source=source,
        as_draft=as_draft or drafted,
    )


def _start(
    business: Business,
    kind: str,
    *,
    user: User | None,
    upload: "File[bytes] | None" = None,
    source: KnowledgeSource | None = None,
    as_draft: bool = False,
) -> KnowledgeJob:
    from settings_app.tasks import run_job  # tasks import this module's users

    check_upload(business, upload)
    place = keep_file(business.pk, upload) if upload else ""
    try:
        with transaction.atomic():
            job = KnowledgeJob.objects.create(
                business=business,
                kind=kind,
                user=user,
                source=source,
                as_draft=as_draft,
                file=place,
                file_name=file_name((upload.name if upload else "") or "")[:255],
            )
            if source is not None:
                _mark(source.pk, state=KnowledgeSource.State.WAITING)
            _forget_old(business)
            delay_on_commit(run_job, job.pk)
    except BaseException:
        drop_file(place)
        raise
    return job


def check_upload(business: Business, upload: "File[bytes] | None") -> None:
    """Raises DomainError when it can't be taken now."""
    if upload is not None and (upload.size or 0) > MAX_BYTES:
        raise DomainError(TOO_LARGE, status=413, code="too_large")
    if upload is not None and not upload.size:
        raise DomainError("The file is empty.", fields={"file": ["The file is empty."]})
    rows = KnowledgeJob.objects.for_business(business.pk)
    if rows.filter(state__in=UNFINISHED).count() >= MAX_WAITING:
        raise Conflict(f"{MAX_WAITING} imports are waiting already; try again when some are done.")


def _forget_old(business: Business) -> None:
    rows = KnowledgeJob.objects.for_business(business.pk)
    rows.filter(finished_at__lt=timezone.now() - KEPT).delete()


def jobs_due(*, older_than: float) -> list[str]:
    """Ids of jobs that wait, or whose worker died."""
    ready = Q(claim_until=None, created_at__lte=database_now(plus=-older_than))
    lapsed = Q(claim_until__lte=database_now(plus=-older_than))
    rows = KnowledgeJob.objects.filter(ready | lapsed, state__in=UNFINISHED)
    return list(rows.order_by("created_at").values_list("pk", flat=True)[:50])


def next_waiting() -> str | None:
    rows = KnowledgeJob.objects.filter(state=State.WAITING, claim_until=None)
    return rows.order_by("created_at").values_list("pk", flat=True).first()


def claim_job(job_id: str) -> KnowledgeJob | None:
    """Take it for a while; None when it is done, another worker's, or killed three workers."""
    free = Q(claim_until=None) | Q(claim_until__lte=database_now())
    rows = KnowledgeJob.objects.filter(free, pk=job_id, state__in=UNFINISHED)
    job = update_returning(
        rows,
        state=State.RUNNING,
        attempts=F("attempts") + 1,
        claim_token=new_id(),
        claim_until=database_now(plus=LEASE_SECONDS),
        done=0,
        total=None,
    )
    if job is not None and job.attempts > MAX_ATTEMPTS:
        fail_job(job, DIED)
        return None
    if job is not None and job.source_id:
        _mark(job.source_id, state=KnowledgeSource.State.READING)
    return job


def _held(job: KnowledgeJob) -> Any:
    """The row while it is still ours."""
    return KnowledgeJob.objects.filter(pk=job.pk, claim_token=job.claim_token, state=State.RUNNING)


def extend_claims(tokens: Any) -> None:
    rows = KnowledgeJob.objects.filter(claim_token__in=list(tokens), state=State.RUNNING)
    rows.update(claim_until=database_now(plus=LEASE_SECONDS))


heartbeat = Heartbeat(extend_claims, seconds=BEAT_SECONDS)


def tell_progress(job: KnowledgeJob, done: int, total: int | None = None) -> None:
    _held(job).update(done=done, **({} if total is None else {"total": total}))


def settle_job(job: KnowledgeJob, **changes: Any) -> None:
    """Write down that it is done, within the transaction of what it did. Raises Lost."""
    values = {"state": State.DONE, "finished_at": timezone.now(), "claim_until": None}
    if not _held(job).update(**values, file="", **changes):
        raise Lost
    _drop_later(job)


def fail_job(job: KnowledgeJob, problem: str) -> None:
    """Write down why nothing came of it; what a source held before goes on counting."""
    with transaction.atomic():
        values = {"state": State.FAILED, "finished_at": timezone.now(), "claim_until": None}
        if not _held(job).update(**values, file="", problem=problem[:300]):
            return
        if job.source is not None:
            mark_read(job.source, state=KnowledgeSource.State.FAILED, problem=problem)
        _drop_later(job)


def give_back(job: KnowledgeJob, *, seconds: float) -> None:
    """Not now: whoever rings after this many seconds takes it again."""
    _held(job).update(claim_token="", claim_until=database_now(plus=seconds))


def mark_read(source: KnowledgeSource, *, state: str, problem: str = "") -> None:
    """What came of a reading, and when the next one is due."""
    now = timezone.now()
    pause = timedelta(hours=source.refresh_hours) if source.refresh_hours else None
    due = now + pause if pause else None
    _mark(source.pk, state=state, problem=problem[:300], checked_at=now, due_at=due)


def _mark(source_id: str, **values: Any) -> None:
    KnowledgeSource.objects.filter(pk=source_id).update(**values)


def _drop_later(job: KnowledgeJob) -> None:
    place = job.file.name or ""
    transaction.on_commit(lambda: drop_file(place), robust=True)
