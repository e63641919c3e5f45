"""The clockwork of channels: what Beat starts. Each may run twice, late or not at all."""

import structlog
from celery import shared_task

from core.lib.on_commit import delay_on_commit
from messaging.models import Channel
from messaging.services.doctor import examine_channels
from messaging.services.rounds import batches, take_due
from messaging.services.tokens import refresh_tokens

log = structlog.get_logger(__name__)


@shared_task(name="messaging.maintenance.check_channels_due")
def check_channels_due() -> None:
    for pause, ids in batches(take_due()):
        delay_on_commit(examine_batch, *ids, countdown=pause)


@shared_task(name="messaging.maintenance.examine_batch")
def examine_batch(*channel_ids: str) -> None:
    channels = Channel.objects.filter(pk__in=channel_ids).defer("secrets")
    for report in examine_channels(channels, unasked=True):
        if not report.ok:
            log.warning("channel_dead", channel_id=report.channel.pk, detail=report.detail)


@shared_task(name="messaging.maintenance.refresh_channel_tokens")
def refresh_channel_tokens() -> None:
    log.info("tokens_refreshed", **refresh_tokens())
