"""The clockwork: what Beat starts. Each may run twice, late or not at all without harm."""

import structlog
from celery import shared_task

from settings_app.sources import read_due

log = structlog.get_logger(__name__)


@shared_task(name="settings_app.maintenance.read_due_sources")
def read_due_sources() -> None:
    if count := read_due():
        log.info("sources_due", count=count)
