"""A business's own places to ask models at, and the models there."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Business
from core.lib.crypto import SecretsField
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet


class Endpoint(models.Model):
    """An address with a key. `secrets` holds `api_key`, which never leaves."""

    class Kind(models.TextChoices):
        OPENAI = "openai", "OpenAI or compatible"
        ANTHROPIC = "anthropic", "Anthropic"
        GEMINI = "gemini", "Gemini"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="endpoints")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind)
    base_url = models.CharField(max_length=500)
    secrets = SecretsField(default=dict, blank=True, editable=False)
    enabled = models.BooleanField(default=True)
    last_test = models.JSONField(
        null=True, blank=True, editable=False, help_text="{at, ok, code, detail, milliseconds}"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["business", "name"], name="one_endpoint_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class LanguageModel(models.Model):
    """A model at an endpoint. `name` is what people choose; `model_id` what the address knows."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="language_models")
    name = models.CharField(max_length=80)
    model_id = models.CharField(max_length=120)
    temperature = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)]
    )
    max_tokens = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(16), MaxValueValidator(128_000)]
    )
    context_tokens = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="What it can read; empty = as known of this model, or 8,192.",
    )
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["business", "name"], name="one_model_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name
