"""How a business's AI is set, and what each of its runs did."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from accounts.models import Business, User
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models import Conversation, Message


class AIModelConfig(models.Model):
    """A business's AI settings. Empty texts and numbers mean the product's own."""

    class Mode(models.TextChoices):
        AUTO = "auto", "Answer customers"
        DRAFT = "draft", "Draft for a person"

    class Grounding(models.TextChoices):
        STRICT = "strict", "Only what the knowledge supports"
        OPEN = "open", "The prompts alone will do"

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
    budgets = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "AI model config"

    def __str__(self) -> str:
        return f"AI of {self.business}"


class AIRun(models.Model):
    """One attempt to answer: what it looked at, what it decided, how long it took."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered", "Answered"
        DRAFTED = "drafted", "Drafted"
        HANDED_OVER = "handed_over", "Handed over"
        RESTARTED = "restarted", "Started again"
        SUPERSEDED = "superseded", "Overtaken"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="ai_runs")
    message = models.OneToOneField(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="ai_run"
    )
    from_seq = models.PositiveBigIntegerField(default=0)
    upto_seq = models.PositiveBigIntegerField()
    epoch = models.PositiveBigIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome)
    reason = models.CharField(max_length=40, blank=True)
    passages = models.JSONField(default=list)
    prompts_version = models.PositiveIntegerField(null=True, blank=True)
    knowledge_version = models.PositiveBigIntegerField(default=0)
    provider = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=120, blank=True)
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    timings = models.JSONField(default=dict, help_text="Milliseconds by step.")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "AI run"

    def __str__(self) -> str:
        return f"{self.id} {self.outcome}"


class UsageRecord(models.Model):
    """The ledger: one row per model call, whatever came of it."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    run = models.ForeignKey(
        AIRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="calls"
    )
    purpose = models.CharField(max_length=30)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120, help_text="As the provider resolved it.")
    tokens_in = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(default=0)
    tokens_cached = models.PositiveIntegerField(default=0)
    tokens_thinking = models.PositiveIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=40, help_text="“ok”, or the error's code.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["business", "-created_at"], name="usage_by_business")]

    def __str__(self) -> str:
        return f"{self.provider} {self.model} {self.outcome}"


class ChatSession(models.Model):
    """The AI's view of a conversation (seed 003): `session_id` is `msg_` + conversation id."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, related_name="chat_session", primary_key=True
    )
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    is_active = models.BooleanField(default=True)
    message_count = models.PositiveIntegerField(default=0)
    last_activity_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.session_id

    @property
    def session_id(self) -> str:
        return f"msg_{self.conversation_id}"


class DailyAnalytics(models.Model):
    """What happened on one day of a business, counted at night."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    counts = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "daily analytics"
        constraints = [
            models.UniqueConstraint(fields=["business", "date"], name="analytics_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.date}"
