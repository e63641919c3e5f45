"""What every business starts with here: empty prompts."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Business
from accounts.signals import business_created
from settings_app.models import AIPrompts


@receiver(business_created, dispatch_uid="settings_app.make_prompts")
def make_prompts(sender: Any, business: Business, **kwargs: Any) -> None:
    AIPrompts.objects.get_or_create(business=business)
