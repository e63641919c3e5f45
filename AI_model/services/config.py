"""A business's AI settings: reading all of them, and changing some."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from accounts.models import Business, User
from accounts.services.audit import note_setting
from AI_model.models import AIModelConfig
from settings_app.models import BusinessHours, Holiday
from settings_app.schedule import replace_holidays, replace_hours

OWN_FIELDS = (
    "model_name",
    "temperature",
    "max_tokens",
    "auto_response_enabled",
    "mode",
    "grounding",
    "caution",
    "offer_choices",
    "check_with_model",
    "replay_before_publishing",
    "business_hours_only",
    "quiet_period_ms",
    "read_media",
    "max_turns",
    "tone",
    "answer_length",
    "languages",
    "handover_text",
    "out_of_hours_text",
    "texts",
    "return_to_ai_after_minutes",
    "budgets",
)


def config_of(business: Business) -> AIModelConfig:
    """The business's settings, or the product's own when it never set any."""
    config = AIModelConfig.objects.for_business(business.pk).first()
    return config or AIModelConfig(business=business)


def config_form(business: Business) -> dict[str, Any]:
    """Every field of `config/`; an unset `grounding` shows what it amounts to, and no `calibration`
    that the product's own thresholds count."""
    config = config_of(business)
    form: dict[str, Any] = {name: getattr(config, name) for name in OWN_FIELDS}
    form["model_name"] = config.model_name or None
    form["calibration"] = config.calibration or None
    if not config.grounding:
        form["grounding"] = "strict" if business.knowledge_version else "open"
    hours = BusinessHours.objects.for_business(business.pk)
    holidays = Holiday.objects.for_business(business.pk)
    return form | {
        "timezone": business.timezone,
        "business_hours": [
            {"weekday": row.weekday, "opens": f"{row.opens:%H:%M}", "closes": f"{row.closes:%H:%M}"}
            for row in hours
        ],
        "holidays": [{"date": row.date.isoformat(), "name": row.name} for row in holidays],
    }


def save_config(
    *,
    business: Business,
    changes: Mapping[str, Any],
    user: User | None = None,
    via: str = "api",
) -> None:
    """Apply checked changes of any fields of `config/`, all or none, and log them."""
    own = {name: value for name, value in changes.items() if name in OWN_FIELDS}
    with transaction.atomic():
        before = _logged(business, changes)
        if own:
            config, _ = AIModelConfig.objects.select_for_update().get_or_create(business=business)
            for name, value in own.items():
                setattr(config, name, value)
            config.save(update_fields=[*own, "updated_at"])
        if "timezone" in changes:
            business.timezone = changes["timezone"]
            business.save(update_fields=["timezone"])
        if "business_hours" in changes:
            replace_hours(business=business, spans=changes["business_hours"])
        if "holidays" in changes:
            replace_holidays(business=business, days=changes["holidays"])
        note_setting(
            business_id=business.pk,
            user=user,
            via=via,
            subject="ai config",
            before=before,
            after=_logged(business, changes),
        )


def _logged(business: Business, names: Iterable[str]) -> dict[str, Any]:
    form = config_form(business)
    return {name: form[name] for name in names if name in form}
