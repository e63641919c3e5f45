"""How a business's AI is set."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Business
from core.lib.tenancy import ScopedQuerySet


class AIModelConfig(models.Model):
    """A business's AI settings. Empty texts and numbers mean the product's own."""

    class Mode(models.TextChoices):
        AUTO = "auto", "Answer customers"
        DRAFT = "draft", "Draft for a person"

    class Grounding(models.TextChoices):
        STRICT = "strict", "Only what the knowledge supports"
        OPEN = "open", "The prompts alone will do"

    class Length(models.TextChoices):
        SHORT = "short", "A sentence or two"
        MEDIUM = "medium", "A few sentences"
        LONG = "long", "As long as it takes"

    class Caution(models.TextChoices):
        CAREFUL = "careful", "Careful"
        BALANCED = "balanced", "Balanced"
        BOLD = "bold", "Bold"

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="ai_config")
    auto_response_enabled = models.BooleanField(default=True)
    model_name = models.CharField(max_length=80, blank=True)
    temperature = models.FloatField(
        default=0.3, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    max_tokens = models.PositiveIntegerField(
        default=1024, validators=[MinValueValidator(64), MaxValueValidator(16_384)]
    )
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.AUTO)
    grounding = models.CharField(
        max_length=10,
        choices=Grounding,
        blank=True,
        help_text="Empty = strict as soon as there is knowledge.",
    )
    caution = models.CharField(max_length=10, choices=Caution, default=Caution.BALANCED)
    answer_length = models.CharField(max_length=8, choices=Length, default=Length.MEDIUM)
    offer_choices = models.BooleanField(
        default=True, help_text="Ask “did you mean” with up to three buttons when it is not clear."
    )
    check_with_model = models.BooleanField(
        default=False,
        help_text="Have a model check each answer against its passages; costs a second call.",
    )
    replay_before_publishing = models.BooleanField(
        default=False, help_text="A draft can be published only after a replay of it."
    )
    calibration = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="The thresholds that this business's own judged answers suggest.",
    )
    business_hours_only = models.BooleanField(default=False)
    quiet_period_ms = models.PositiveIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(30_000)]
    )
    read_media = models.BooleanField(
        default=False, help_text="Show pictures and voice notes to a model that can read them."
    )
    max_turns = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    tone = models.CharField(max_length=200, blank=True)
    languages = models.JSONField(default=list, blank=True)
    handover_text = models.TextField(blank=True)
    out_of_hours_text = models.TextField(blank=True)
    texts = models.JSONField(
        default=dict,
        blank=True,
        help_text="Hand-over and out-of-hours texts by language code.",
    )
    budgets = models.JSONField(default=dict, blank=True, help_text="See AI_model.budgets.")
    return_to_ai_after_minutes = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(10_080)],
        help_text="After how long without a word of a person the AI answers again; empty = never.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "AI model config"

    def __str__(self) -> str:
        return f"AI of {self.business}"
