"""Reads of how a business's AI is set."""

from django.db.models import QuerySet

from AI_model.models import AIModelConfig
from core.lib.prepared import prepared_rows


@prepared_rows
def config_of(business_id: str) -> QuerySet[AIModelConfig]:
    """None yet means the product's own settings."""
    return AIModelConfig.objects.filter(business_id=business_id)
