"""Work by id. The row says what is due; a task is only the bell."""

from celery import shared_task

from core.lib.hands import working
from settings_app import job_runs


@shared_task(name="settings_app.tasks.run_job")
def run_job(job_id: str) -> None:
    with working():
        job_runs.run_job(job_id=job_id)
