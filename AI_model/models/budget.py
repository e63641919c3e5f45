"""What was spent of a budget, and what calls that are running may still spend."""

from django.db import models

from accounts.models import Business
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet


class Spending(models.Model):
    """Spent within one scope of a budget: "day:2026-11-21", "month:2026-11", "conversation:<id>".

    Only scopes that have a limit get a row; a new row starts from the ledger's sums. What is held
    belongs to calls that are running.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=60)
    money_nanos = models.BigIntegerField(default=0)
    tokens = models.BigIntegerField(default=0)
    held_money_nanos = models.BigIntegerField(default=0)
    held_tokens = models.BigIntegerField(default=0)
    warned_at = models.DateTimeField(null=True, blank=True)
    reached_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "spending"
        constraints = [
            models.UniqueConstraint(fields=["business", "scope"], name="spending_once_per_scope")
        ]

    def __str__(self) -> str:
        return self.scope


class SpendingHold(models.Model):
    """The most that a running call can cost, kept back until it ends or its time is over."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    money_nanos = models.BigIntegerField(default=0)
    tokens = models.BigIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.id
