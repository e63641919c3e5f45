"""The clockwork: what Beat starts. Each may run twice, late or not at all without harm."""

import structlog
from celery import shared_task

from accounts.services import delete_expired
from AI_model.services.analytics import count_finished_days
from AI_model.services.calibration import calibrate_all
from AI_model.services.checks import check_all
from AI_model.services.learning_marks import ask_for_all
from AI_model.services.retention import apply_all
from AI_model.services.returning import return_all_idle
from AI_model.services.sessions import close_inactive_sessions, sync_changed
from AI_model.services.spending import forget_spending
from AI_model.services.upkeep import ask_for_checks, check_knowledge
from AI_model.services.usage import roll_up
from core.lib.hands import working
from messaging.hooks.services import delete_old_deliveries
from messaging.services.cleaning import delete_old_events

log = structlog.get_logger(__name__)


@shared_task(name="AI_model.maintenance.clean_up_sessions")
def clean_up_sessions() -> None:
    log.info("sessions_cleaned", closed=close_inactive_sessions(), expired_logins=delete_expired())
    log.info("events_deleted", count=delete_old_events())
    log.info("retention_applied", **apply_all())
    log.info("webhook_deliveries_deleted", count=delete_old_deliveries())
    log.info("spending_forgotten", count=forget_spending())


@shared_task(name="AI_model.maintenance.generate_analytics")
def generate_analytics() -> None:
    log.info("usage_rolled_up", days=roll_up())
    log.info("analytics_counted", days=count_finished_days())


@shared_task(name="AI_model.maintenance.sync_conversations")
def sync_conversations() -> None:
    result = sync_changed()
    log.info("sessions_synced", created=result.created, updated=result.updated)


@shared_task(name="AI_model.maintenance.return_idle_conversations")
def return_idle_conversations() -> None:
    if count := return_all_idle():
        log.info("conversations_returned_to_ai", count=count)


@shared_task(name="AI_model.maintenance.calibrate_thresholds")
def calibrate_thresholds() -> None:
    log.info("thresholds_calibrated", businesses=calibrate_all())


@shared_task(name="AI_model.maintenance.learn_from_people")
def learn_from_people() -> None:
    log.info("looks_asked_for", businesses=ask_for_all(), checks=ask_for_checks())


@shared_task(name="AI_model.maintenance.look_for_proposals")
def look_for_proposals(business_id: str) -> None:
    from AI_model.services.learning import look  # arithmetic takes memory

    with working():
        found = look(business_id=business_id)
    log.info("looked_for_proposals", business_id=business_id, **found.as_json())


@shared_task(name="AI_model.maintenance.check_upkeep")
def check_upkeep(business_id: str) -> None:
    with working():
        found = check_knowledge(business_id=business_id)
    log.info("upkeep_checked", business_id=business_id, **found)


@shared_task(name="AI_model.maintenance.test_integration")
def test_integration() -> None:
    for check in check_all():
        if check.ok:
            log.info("check_passed", check=check.name)
        else:
            log.error("check_failed", check=check.name, detail=check.detail, mend=check.mend)
