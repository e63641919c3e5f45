"""What is learned from people: judged answers, and entries proposed from what agents answered."""

from django.db import models

from accounts.models import Business, User
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models import Conversation, Message
from settings_app.models import KnowledgeEntry


class AnswerVerdict(models.Model):
    """Whether an answer was right, as somebody showed; `score` is what it was given with."""

    class Source(models.TextChoices):
        AGENT = "agent", "An agent said so"
        CHOICE = "choice", "The customer chose among offers"

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=8, choices=Source)
    right = models.BooleanField()
    entry_id = models.CharField(max_length=40, blank=True)
    score = models.FloatField()
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "source"], name="verdict_once")]

    def __str__(self) -> str:
        return f"{'right' if self.right else 'wrong'}: {self.message_id}"


class ProposedEntry(models.Model):
    """An entry that agents' answers suggest. `phrasings` are customers' own words."""

    class State(models.TextChoices):
        OPEN = "open", "To look at"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    question = models.CharField(max_length=500)
    phrasings = models.JSONField(default=list)
    answer = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    entry = models.ForeignKey(
        KnowledgeEntry,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="The entry that it adds phrasings to, or became.",
    )
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "proposed entries"
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["business", "state", "-updated_at"], name="proposal_list"),
        ]

    def __str__(self) -> str:
        return self.question


class ProposalPart(models.Model):
    """A question of a customer and a person's answer to it: what a proposal rests on.

    `answer` is the first message of the answer, `reply` its words and those that followed it.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    proposal = models.ForeignKey(ProposedEntry, on_delete=models.CASCADE, related_name="parts")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    answer = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    question = models.TextField()
    reply = models.TextField(default="")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.question[:60]


class LearningMark(models.Model):
    """How far a business's conversations have been looked through for proposals.

    A look is due while `asked_at` is set.
    """

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="+")
    looked_to = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Somebody looks; after that time they are taken to be dead.",
    )

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.business_id} to {self.looked_to}"


class KnowledgeUpkeep(models.Model):
    """What of a business's knowledge wants a look, as of the last check.

    `findings` by kind, each `{"reason", "about": [{"kind", "id", "title"}], "suggestions"}`;
    `counts` are of all that were found. A check is due while `asked_at` is set.
    """

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="+")
    findings = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    version = models.PositiveBigIntegerField(default=0, help_text="The knowledge it is about.")
    checked_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "upkeep"
        verbose_name_plural = "upkeep"

    def __str__(self) -> str:
        return f"upkeep of {self.business_id}"
