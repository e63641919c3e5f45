"""Why the AI can't serve a business, in sentences that say what to do."""

from AI_model.selectors import config_of
from AI_model.services.models import can_serve

SWITCHED_OFF = "Automatic answers are switched off; switch them on in the AI model config."
NO_PROVIDER = (
    "No AI provider is configured; the operator sets GEMINI_API_KEY, OPENAI_API_KEY or "
    "ANTHROPIC_API_KEY, or leaves EMBEDDED_ANSWERS on."
)


def ai_obstacles(business_id: str) -> list[str]:
    """Empty when the AI can answer for this business: enabled, and a provider is there."""
    config = config_of.first(business_id=business_id)
    obstacles = [] if config is None or config.auto_response_enabled else [SWITCHED_OFF]
    name = config.model_name if config else ""
    served = can_serve(business_id=business_id, model_name=name)
    return obstacles if served else [*obstacles, NO_PROVIDER]
