"""Which businesses want idle conversations back with the AI, and whose AI can serve now."""

from django.utils import timezone

from AI_model.models import AIModelConfig
from AI_model.obstacles import ai_obstacles
from AI_model.replies.situation import opening
from messaging.services.idle import return_idle


def return_all_idle() -> int:
    """How many conversations went back; the AI takes none while it can't answer by itself."""
    wanting = AIModelConfig.objects.filter(
        return_to_ai_after_minutes__isnull=False, mode=AIModelConfig.Mode.AUTO
    )
    return sum(
        return_idle(business_id=config.business_id, minutes=config.return_to_ai_after_minutes or 0)
        for config in wanting.select_related("business").order_by("pk")
        if _can_serve(config)
    )


def _can_serve(config: AIModelConfig) -> bool:
    if ai_obstacles(config.business_id):
        return False
    return not config.business_hours_only or opening(config.business, at=timezone.now())[0]
