"""What each attempt to answer looked at and decided."""

from django.db import models
from django.utils import timezone

from accounts.models import Business
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models import Conversation, Message


class AIRun(models.Model):
    """One attempt to answer: what it looked at, what it decided, how long it took."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered", "Answered"
        OFFERED = "offered", "Offered a choice"
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
    checks = models.JSONField(
        default=dict, help_text="What the answer was checked for, and what was found."
    )
    timings = models.JSONField(default=dict, help_text="Milliseconds by step.")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "AI run"

    def __str__(self) -> str:
        return f"{self.id} {self.outcome}"
