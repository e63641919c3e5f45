"""What a business knows: its entries, their drafts, and every version of it all."""

from django.db import models

from accounts.models import Business, User
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet


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
    valid_from = models.DateField(null=True, blank=True, help_text="The first day it counts.")
    valid_to = models.DateField(null=True, blank=True, help_text="The last day it counts.")
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


class KnowledgeKind(models.TextChoices):
    ENTRY = "entry", "Entry"
    SOURCE = "source", "Source"


class KnowledgeVersion(models.Model):
    """One change of what answers are made from. `number` = the business's `knowledge_version`
    since then, `prompts_version` = the prompts of that moment."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveBigIntegerField()
    prompts_version = models.PositiveIntegerField(null=True, blank=True)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    via = models.CharField(max_length=20, blank=True)
    summary = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["business", "number"], name="knowledge_version_once")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class KnowledgeChange(models.Model):
    """What an entry or source became in a version. `state` None = it was deleted.

    What stood at version N is, for each object, its latest change with `version` <= N.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=8, choices=KnowledgeKind)
    object_id = models.CharField(max_length=16)
    state = models.JSONField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "kind", "object_id", "version"], name="knowledge_change_once"
            )
        ]
        indexes = [models.Index(fields=["business", "version"], name="knowledge_change_version")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} in {self.version}"


class KnowledgeDraft(models.Model):
    """What an entry or source is to become when published; `state` None = it is to go."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=KnowledgeKind)
    object_id = models.CharField(max_length=16)
    state = models.JSONField(null=True)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "kind", "object_id"], name="knowledge_draft_once"
            )
        ]

    def __str__(self) -> str:
        return f"draft of {self.kind} {self.object_id}"
