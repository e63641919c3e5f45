"""Past questions run again, against what is published or against the draft."""

from django.db import models

from accounts.models import Business, User
from AI_model.models.run import AIRun
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models import Message


class Replay(models.Model):
    """One run over past questions. `draft_digest` tells which draft it tried."""

    class Against(models.TextChoices):
        PUBLISHED = "published", "What is published"
        DRAFT = "draft", "The draft"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    against = models.CharField(max_length=10, choices=Against)
    draft_digest = models.CharField(max_length=64, blank=True)
    days = models.PositiveIntegerField(default=7)
    most = models.PositiveIntegerField(default=200)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    money_nanos = models.BigIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim_token = models.CharField(max_length=16, blank=True)
    claim_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Replay of {self.created_at:%Y-%m-%d %H:%M} UTC"


class ReplayTurn(models.Model):
    """A past question with what was said then and what would be said now.

    `before` and `after`: {"outcome": "answered"|"offered"|"handed_over", "text", "reason",
    "entries": [ids], "score"}.
    """

    class Verdict(models.TextChoices):
        SAME = "same", "The same"
        CHANGED = "changed", "Answered otherwise"
        ANSWERED = "answered", "Answered now"
        HANDED_OVER = "handed_over", "Handed over now"

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="turns")
    position = models.PositiveIntegerField()
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(
        AIRun,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text="What was done then.",
    )
    question = models.TextField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    verdict = models.CharField(max_length=12, choices=Verdict, blank=True)
    money_nanos = models.BigIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["replay", "position"], name="replay_turn_once")
        ]

    def __str__(self) -> str:
        return self.question[:60]
