"""Is all there that the AI needs? Each check says what is missing and how to mend it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import structlog
from celery import current_app
from django.db import DatabaseError, connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from kombu.exceptions import OperationalError

from AI_model.catalog import known_model, retirement_ahead
from AI_model.config_rules import retired
from AI_model.obstacles import NO_PROVIDER
from AI_model.providers.registry import (
    LEGACY_REMEDY,
    configured,
    configured_chain,
    configured_names,
    lacks_legacy_gemini,
)
from AI_model.services.trial import Trial, try_providers
from messaging.models import Channel
from messaging.services.channels import WEBHOOKS
from messaging.services.doctor import examine_channels

log = structlog.get_logger(__name__)

CLOCKWORK = "AI_model.maintenance."


@dataclass(frozen=True, slots=True)
class Check:
    """`mend` says what to do when it is not ok. `warning`: it works, but not for long, or badly."""

    name: str
    ok: bool
    detail: str
    mend: str = ""
    warning: bool = False

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def check_platform() -> list[Check]:
    """What all businesses share, each provider really asked."""
    database = check_database()
    if not database.ok:
        return [database]
    return [
        database,
        check_broker(),
        check_clockwork(),
        check_configured(),
        *check_models(),
        *check_providers(),
    ]


def check_all() -> Iterator[Check]:
    """What all businesses share, then whether each bot still delivers here."""
    platform = check_platform()
    yield from platform
    if platform[0].ok:
        yield from check_bots()


def warn_of_models() -> None:
    """One clear line in the log for each model that its vendor has shut down or will."""
    for check in check_models():
        log.warning("model_ends", setting=check.name, said=check.detail, mend=check.mend)


def check_bots() -> Iterator[Check]:
    """Asks the platform of every channel that is switched on; the answer stands on the channel."""
    live = Channel.objects.filter(kind__in=WEBHOOKS, is_active=True).defer("secrets")
    mend = "Connect it again with manage.py connect_channel, or in the admin under Channels."
    for report in examine_channels(live.order_by("pk")):
        ok = report.ok and report.reached
        yield Check(f"channel {report.channel.pk}", ok, report.detail, "" if ok else mend)


def check_database() -> Check:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        return Check(
            "database",
            False,
            f"Not reachable ({type(error).__name__}).",
            "Start it, or set DATABASE_URL.",
        )
    return Check("database", True, f"{connection.display_name} answers.")


def check_broker() -> Check:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OperationalError, OSError) as error:
        mend = "Start the whole product with make run, or set REDIS_URL; nothing is lost meanwhile."
        return Check("broker", False, f"Not reachable ({type(error).__name__}).", mend)
    return Check("broker", True, "Redis answers.")


def check_clockwork() -> Check:
    on = PeriodicTask.objects.filter(task__startswith=CLOCKWORK, enabled=True).count()
    detail = f"{on} periodic tasks are switched on."
    return Check(
        "clockwork",
        on > 0,
        detail,
        "" if on else "Run manage.py migrate, or switch them on in the admin.",
    )


def check_configured() -> Check:
    names = configured_names()
    if not names:
        return Check("providers", False, "No AI provider is configured.", NO_PROVIDER)
    if lacks_legacy_gemini():
        detail = "Gemini's library google-generativeai is not installed."
        return Check("providers", False, detail, LEGACY_REMEDY)
    return Check("providers", True, f"Configured: {', '.join(names)}.")


def check_models(*, today: date | None = None) -> list[Check]:
    """Of the operator's models: those that were shut down, and those that will be."""
    today = today or timezone.localdate()
    found: list[Check] = []
    for entry in configured():
        name, known = f"model {entry.setting}", known_model(entry.model)
        mend = f"Set {entry.setting}={known.successor if known else ''} and start again."
        if gone := retired(entry, today=today):
            found.append(Check(name, False, gone, mend))
        elif entry.is_vendors_own and (ahead := retirement_ahead(entry.model, today=today)):
            found.append(Check(name, True, ahead, mend, warning=True))
    return found


def check_providers() -> list[Check]:
    return [check_of(trial) for trial in try_providers(chain=configured_chain())]


def check_of(trial: Trial) -> Check:
    if trial.ok:
        return Check(f"provider {trial.provider}", True, f"{trial.model} {trial.summary}.")
    mend = f"Look at the key, the base URL and the model name of {trial.provider} in the settings."
    return Check(f"provider {trial.provider}", False, trial.problem, mend)
