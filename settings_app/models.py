"""What a business decides: its prompts, its knowledge, its hours."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business
from core.lib.ids import new_id
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


class KnowledgeEntry(models.Model):
    """A question that customers ask, in several phrasings, with the business's own answer."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="entries")
    question = models.CharField(max_length=500)
    phrasings = models.JSONField(
        default=list, blank=True, help_text="Other ways in which customers ask the same, as a list."
    )
    answer = models.TextField()
    tags = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=8, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "knowledge entries"
        ordering = ["-updated_at"]
        constraints = [
            models.UniqueConstraint(fields=["business", "question"], name="entry_question_once")
        ]

    def __str__(self) -> str:
        return self.question


class BusinessHours(models.Model):
    """An open span on a weekday, in the business's own zone. No rows at all = always open."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday, validators=[MaxValueValidator(6)])
    opens = models.TimeField()
    closes = models.TimeField(help_text="00:00 means the end of the day.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "business hours"
        ordering = ["weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def clean(self) -> None:
        if (
            self.closes
            and self.opens
            and str(self.closes) != "00:00:00"
            and self.closes <= self.opens
        ):
            raise ValidationError("Closing time must be after opening time on the same day.")


class Holiday(models.Model):
    """A day on which the business is closed whatever its weekday."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="holidays")
    date = models.DateField()
    name = models.CharField(max_length=80, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["business", "date"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()


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
