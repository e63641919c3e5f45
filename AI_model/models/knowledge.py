"""The searchable form of a business's knowledge, kept for every worker to load."""

from django.db import models

from accounts.models import Business
from core.lib.tenancy import ScopedQuerySet


class KnowledgeIndex(models.Model):
    """The latest index of a business. `version` = the knowledge that it holds, `wanted` = the
    latest that somebody rang for; a build is due while `wanted` is greater.

    `layout` counts the ways in which indexes were ever laid out; one of another layout is built
    afresh. `digest` is that of its bytes; `facts` hold counts and the digests of its parts.
    """

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveBigIntegerField(default=0)
    wanted = models.PositiveBigIntegerField(default=0)
    layout = models.PositiveSmallIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    facts = models.JSONField(default=dict, help_text="Counts of what it holds.")
    problem = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim_token = models.CharField(max_length=16, blank=True)
    claim_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    built_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "knowledge indexes"
        indexes = [models.Index(fields=["due_at"], name="knowledge_index_due")]

    @property
    def parts(self) -> list[str]:
        """The names of its parts, in order."""
        names: list[str] = self.facts.get("parts", [])
        return names

    def __str__(self) -> str:
        return f"index {self.version} of {self.business_id}"


class IndexPart(models.Model):
    """A piece of an index's bytes, a few megabytes at the most, under its own digest."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    data = models.BinaryField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "digest", "position"], name="index_part_once"
            )
        ]

    def __str__(self) -> str:
        return f"part {self.position} of {self.digest[:8]}"
