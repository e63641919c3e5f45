"""Why the AI can't serve a business, in sentences that say what to do."""

from AI_model.models import AIModelConfig
from AI_model.providers.registry import configured_names

SWITCHED_OFF = "Automatic answers are switched off; switch them on in the AI model config."
NO_PROVIDER = (
    "No AI provider is configured; the operator sets GEMINI_API_KEY, OPENAI_API_KEY or "
    "ANTHROPIC_API_KEY, or leaves EMBEDDED_ANSWERS on."
)


def ai_obstacles(business_id: str) -> list[str]:
    """Empty when the AI can answer for this business: enabled, and a provider is there."""
    enabled = (
        AIModelConfig.objects.for_business(business_id)
        .values_list("auto_response_enabled", flat=True)
        .first()
    )
    obstacles = [] if enabled in (None, True) else [SWITCHED_OFF]
    return obstacles if configured_names() else [*obstacles, NO_PROVIDER]
