"""The four texts of a business, their draft and their versions."""

from django.db import models

from accounts.models import Business
from core.lib.tenancy import ScopedQuerySet


class AIPrompts(models.Model):
    """The four texts that the AI of a business works from (seed 003)."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="prompts")
    manual_prompt = models.TextField(
        blank=True, help_text="How the AI should behave: manner, rules, what it must not say."
    )
    knowledge_source = models.TextField(blank=True, help_text="Company information and policies.")
    product_service = models.TextField(blank=True, help_text="What you offer, with details.")
    question_answer = models.TextField(
        blank=True,
        help_text="One “Q: …” line and one “A: …” line per pair, pairs parted by an empty line.",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    draft = models.JSONField(
        null=True, blank=True, editable=False, help_text="Texts that are not published yet."
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "AI prompts"
        verbose_name_plural = "AI prompts"

    def __str__(self) -> str:
        return f"AI prompts of {self.business}"


class AIPromptsVersion(models.Model):
    """A frozen copy of the prompts: every AI message names the version that made it."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    texts = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["business", "version"], name="prompts_version_once")
        ]

    def __str__(self) -> str:
        return f"version {self.version}"
