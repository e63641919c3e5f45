"""Limits that changed: what is known to be spent has to fit them."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from AI_model.budgets import Budgets
from AI_model.models import AIModelConfig
from AI_model.services.spending import fit_spending


@receiver(post_save, sender=AIModelConfig, dispatch_uid="AI_model.fit_spending")
def fit_to_new_limits(
    instance: AIModelConfig, created: bool, update_fields: Any = None, **kwargs: Any
) -> None:
    if not created and (update_fields is None or "budgets" in update_fields):
        budgets = Budgets.read(instance.budgets)
        fit_spending(business=instance.business, budgets=budgets)
