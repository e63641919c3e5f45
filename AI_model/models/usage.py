"""The ledger, its prices and its sums."""

from django.db import models
from django.utils import timezone

from accounts.models import Business, User
from AI_model.models.run import AIRun
from core.lib.tenancy import ScopedQuerySet
from messaging.models import Conversation


class ModelPrice(models.Model):
    """What a model costs from a moment on, in US dollars per million tokens.

    Rows are never changed: a new price is a new row, so that every call keeps the price it was
    made at. `model` also stands for names that go on with a dash (gpt-6-luna-2026-09-01).
    """

    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120)
    input = models.DecimalField(max_digits=12, decimal_places=3)
    output = models.DecimalField(max_digits=12, decimal_places=3)
    cached = models.DecimalField(
        max_digits=12,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="Input that the provider had kept; empty = as other input.",
    )
    long_from = models.PositiveIntegerField(
        null=True, blank=True, help_text="From more input tokens than this the factors apply."
    )
    long_input_factor = models.DecimalField(max_digits=5, decimal_places=2, default=1)
    long_output_factor = models.DecimalField(max_digits=5, decimal_places=2, default=1)
    valid_from = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["provider", "model", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "model", "valid_from"], name="one_price_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.input} in, {self.output} out"


class UsageRecord(models.Model):
    """The ledger: one row per model call, whatever came of it."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    run = models.ForeignKey(
        AIRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="calls"
    )
    conversation = models.ForeignKey(
        Conversation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    purpose = models.CharField(max_length=30)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120, help_text="As the provider resolved it.")
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    tokens_cached = models.PositiveIntegerField(default=0)
    tokens_thinking = models.PositiveIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    price = models.ForeignKey(
        ModelPrice, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    money_nanos = models.BigIntegerField(
        null=True, blank=True, help_text="Billionths of a US dollar; empty = no price known."
    )
    outcome = models.CharField(max_length=40, help_text="“ok”, or the error's code.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["business", "-created_at"], name="usage_by_business")]

    def __str__(self) -> str:
        return f"{self.provider} {self.model} {self.outcome}"


class UsageDay(models.Model):
    """The ledger's sums for one finished day of a business, in its own time zone."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    purpose = models.CharField(max_length=30)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120)
    calls = models.PositiveIntegerField()
    failed = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    tokens_cached = models.BigIntegerField(default=0)
    tokens_thinking = models.BigIntegerField(default=0)
    money_nanos = models.BigIntegerField(default=0)
    milliseconds = models.BigIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["business", "date"], name="usage_day")]

    def __str__(self) -> str:
        return f"{self.date} {self.model}"


class UsageMark(models.Model):
    """Calls of a business before this moment are in UsageDay, later ones only in the ledger."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="usage_mark")
    rolled_to = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.rolled_to}"
