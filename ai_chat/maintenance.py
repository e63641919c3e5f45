"""What Beat starts for the staff's chats. It may run twice, late or not at all without harm."""

import structlog
from celery import shared_task

log = structlog.get_logger(__name__)


@shared_task(name="ai_chat.maintenance.purge_deleted_chats")
def purge_deleted_chats() -> None:
    from ai_chat.services.chats import purge_deleted

    log.info("chats_purged", count=purge_deleted())
