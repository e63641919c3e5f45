from django.db import models
from django.utils import timezone

from accounts.models import Business, User
from core.lib.tenancy import ScopedQuerySet
from messaging.models.conversation import Conversation


class StatusChange(models.Model):
    """Who changed who answers in a conversation, when and why. Never edited.

    A conversation's opening has no row; `before` of its first change says how it was opened.
    """

    class By(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        AI = "ai", "AI"
        PERSON = "person", "Person"
        SYSTEM = "system", "Deskbell"

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="status_changes"
    )
    seq = models.PositiveBigIntegerField(help_text="The conversation's revision that it made.")
    before = models.CharField(max_length=20, choices=Conversation.Status)
    after = models.CharField(max_length=20, choices=Conversation.Status)
    by = models.CharField(max_length=10, choices=By)
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["conversation", "seq"], name="status_of_conversation"),
            models.Index(fields=["business", "at"], name="status_of_business"),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
