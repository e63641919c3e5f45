"""Budgets, told to integrators."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Business
from AI_model.signals import budget_reached, budget_warned
from messaging.hooks.telling import tell


@receiver(budget_warned, dispatch_uid="hooks.budget_warned")
def tell_of_warning(**told: Any) -> None:
    _tell("budget.warned", **told)


@receiver(budget_reached, dispatch_uid="hooks.budget_reached")
def tell_of_end(**told: Any) -> None:
    _tell("budget.reached", **told)


def _tell(
    event: str, *, business: Business, scope: str, name: str, spent: float, limit: float, **_: Any
) -> None:
    data = {"scope": scope, "budget": name, "spent": spent, "limit": limit}
    tell(business_id=business.pk, event=event, data=lambda: data)
