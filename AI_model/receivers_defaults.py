"""What every business starts with here: its AI settings."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Business
from accounts.signals import business_created
from AI_model.models import AIModelConfig


@receiver(business_created, dispatch_uid="AI_model.make_config")
def make_config(sender: Any, business: Business, **kwargs: Any) -> None:
    AIModelConfig.objects.get_or_create(business=business)
