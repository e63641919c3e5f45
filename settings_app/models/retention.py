"""How long a business keeps what customers wrote."""

from django.core.validators import MinValueValidator
from django.db import models

from accounts.models import Business
from core.lib.tenancy import ScopedQuerySet


class Retention(models.Model):
    """How many days a business keeps what customers wrote; empty = for ever."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="retention")
    messages_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    media_days = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    ai_records_days = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(30)],
        help_text="What the AI looked at and called; sums per day are kept.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "retention"

    def __str__(self) -> str:
        return f"Retention of {self.business}"
