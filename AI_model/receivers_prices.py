"""Prices that come with the product, and prices that an operator adds."""

from typing import Any

from django.apps import apps as global_apps
from django.db import connections
from django.db.models.signals import post_delete, post_migrate, post_save
from django.dispatch import receiver

from AI_model.models import ModelPrice
from AI_model.services.prices import forget_prices
from AI_model.shipped_prices import PRICES, SINCE


@receiver([post_save, post_delete], sender=ModelPrice)
def forget_kept_prices(**_: Any) -> None:
    forget_prices()


@receiver(post_migrate)
def add_shipped_prices(sender: Any, using: str, apps: Any = global_apps, **_: Any) -> None:
    """A model that has a price already, of whatever time, keeps it. `flush` sends no `apps`."""
    if sender.name == "AI_model" and _has_table(using, apps):
        prices = apps.get_model("AI_model", "ModelPrice").objects.using(using)
        known = set(prices.values_list("provider", "model"))
        rows = [prices.model(**row) for row in _shipped() if _name(row) not in known]
        prices.bulk_create(rows, ignore_conflicts=True)
        forget_prices()


def _has_table(using: str, apps: Any) -> bool:
    """False while the migrations stand before the one that makes it."""
    try:
        table = apps.get_model("AI_model", "ModelPrice")._meta.db_table
    except LookupError:
        return False
    return table in connections[using].introspection.table_names()


def _name(row: dict[str, Any]) -> tuple[str, str]:
    return row["provider"], row["model"]


def _shipped() -> list[dict[str, Any]]:
    fields = (
        "provider",
        "model",
        "input",
        "output",
        "long_from",
        "long_input_factor",
        "long_output_factor",
    )
    return [dict(zip(fields, row, strict=True)) | {"valid_from": SINCE} for row in PRICES]
