"""Is all there that the AI needs? Each check says what is missing and how to mend it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from celery import current_app
from django.db import DatabaseError, connection
from django_celery_beat.models import PeriodicTask
from kombu.exceptions import OperationalError

from accounts.models import Business, User
from AI_model.models import AIModelConfig
from AI_model.obstacles import NO_PROVIDER
from AI_model.providers.registry import (
    LEGACY_REMEDY,
    configured_chain,
    configured_names,
    lacks_legacy_gemini,
    model_choices,
)
from AI_model.services.trial import Trial, try_providers
from messaging.models import Channel
from messaging.services.channels import WEBHOOKS
from messaging.services.doctor import examine_channels
from settings_app.models import AIPrompts, KnowledgeEntry

PROMPT_FIELDS = ("manual_prompt", "knowledge_source", "product_service", "question_answer")
CLOCKWORK = "AI_model.maintenance."


@dataclass(frozen=True, slots=True)
class Check:
    """`mend` says what to do when it is not ok."""

    name: str
    ok: bool
    detail: str
    mend: str = ""

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def check_platform() -> list[Check]:
    """What all businesses share, each provider really asked."""
    database = check_database()
    if not database.ok:
        return [database]
    return [database, check_broker(), check_clockwork(), check_configured(), *check_providers()]


def check_all() -> Iterator[Check]:
    """What all businesses share, then whether each bot still delivers here."""
    platform = check_platform()
    yield from platform
    if platform[0].ok:
        yield from check_bots()


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


def check_providers() -> list[Check]:
    return [check_of(trial) for trial in try_providers(chain=configured_chain())]


def check_of(trial: Trial) -> Check:
    if trial.ok:
        used = f"{trial.tokens_in} tokens in, {trial.tokens_out} out"
        detail = f"{trial.model} answered in {trial.milliseconds} ms, {used}."
        return Check(f"provider {trial.provider}", True, detail)
    mend = f"Look at the key, the base URL and the model name of {trial.provider} in the settings."
    return Check(f"provider {trial.provider}", False, trial.problem, mend)


def check_business(business: Business) -> list[Check]:
    """What one business decides; asks no provider."""
    owner = User.objects.filter(business=business, role=User.Role.OWNER).first()
    config = AIModelConfig.objects.for_business(business.pk).first() or AIModelConfig(
        business=business
    )
    user = f" --user {owner.username}" if owner else ""
    return [
        check_configured(),
        _check_enabled(config, user),
        _check_model(config),
        _check_knowledge(business),
        _check_handler(owner),
        *_check_channels(business),
    ]


def _check_enabled(config: AIModelConfig, user: str) -> Check:
    if config.auto_response_enabled:
        return Check("auto response", True, "On.")
    return Check(
        "auto response",
        False,
        "Automatic answers are off.",
        f"Run manage.py ai_control enable{user}.",
    )


def _check_model(config: AIModelConfig) -> Check:
    if not config.model_name or config.model_name in model_choices():
        return Check("model", True, config.model_name or "The first that is configured.")
    choices = ", ".join(model_choices()) or "none yet"
    detail = f"“{config.model_name}” is not configured; the first configured model answers instead."
    return Check("model", False, detail, f"Choose one of: {choices}.")


def _check_knowledge(business: Business) -> Check:
    entries = KnowledgeEntry.objects.for_business(business.pk).filter(is_active=True).count()
    prompts = AIPrompts.objects.for_business(business.pk).first()
    written = [name for name in PROMPT_FIELDS if prompts and getattr(prompts, name).strip()]
    if entries or written:
        return Check(
            "knowledge", True, f"{entries} entries, {len(written)} of {len(PROMPT_FIELDS)} prompts."
        )
    mend = (
        "Write the AI prompts or knowledge entries in the admin, or run manage.py import_knowledge."
    )
    return Check("knowledge", False, "There are neither prompts nor knowledge entries.", mend)


def _check_handler(owner: User | None) -> Check:
    if owner is None:
        return Check(
            "default handler",
            False,
            "The business has no owner.",
            "Make one in the admin, under Users.",
        )
    if owner.default_reply_handler == User.Handler.AI:
        return Check("default handler", True, "AI answers new conversations first.")
    mend = f"Set default_reply_handler of {owner.username} to AI in the admin, under Users."
    return Check("default handler", False, "People answer new conversations first.", mend)


def _check_channels(business: Business) -> Iterator[Check]:
    channels = list(
        Channel.objects.for_business(business.pk).filter(is_active=True).defer("secrets")
    )
    if not channels:
        mend = "Connect one with manage.py connect_channel, or in the admin."
        yield Check("channels", False, "No channel is switched on.", mend)
    for channel in channels:
        name = f"channel {channel}"
        if channel.health == Channel.Health.DEAD:
            detail = channel.health_detail or "It needs reconnecting."
            yield Check(name, False, detail, "Enter a fresh token in the admin, under Channels.")
        else:
            yield Check(name, True, str(channel.get_health_display()))
