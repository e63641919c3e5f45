from django.db import models
from django.db.models import Q

from accounts.models import Business, User
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models.conversation import Conversation


class Message(models.Model):
    """What was said. `delivery` sums up the chunks of what we sent; customers' words have none."""

    class Type(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        AI = "AI", "AI"
        SUPPORT = "support", "Person"
        SYSTEM = "system", "Note"

    class Delivery(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"
        UNCERTAIN = "uncertain", "Perhaps sent"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="messages")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages"
    )
    seq = models.PositiveBigIntegerField()
    revision = models.PositiveBigIntegerField()
    type = models.CharField(max_length=10, choices=Type)
    content = models.CharField(max_length=12, default="text")
    text = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True)
    details = models.JSONField(
        default=dict, blank=True, help_text="What it answers, who wrote it in a group, its album …"
    )
    reactions = models.JSONField(default=list, blank=True)
    citations = models.JSONField(default=list, blank=True)
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    external_id = models.CharField(max_length=512, blank=True)
    client_key = models.CharField(
        max_length=64, blank=True, help_text="The sender's own key for one send."
    )
    delivery = models.CharField(max_length=10, choices=Delivery, null=True, blank=True)
    failure = models.JSONField(null=True, blank=True)
    epoch = models.PositiveBigIntegerField(default=0)
    answers_seq = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        help_text="An AI message answers the customer's messages up to this seq.",
    )
    said_at = models.DateTimeField(null=True, blank=True, help_text="The platform's own time.")
    edited_at = models.DateTimeField(null=True, blank=True)
    redacted_at = models.DateTimeField(
        null=True, blank=True, help_text="When its writer took it back."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once"),
            models.UniqueConstraint(
                fields=["conversation", "answers_seq"],
                condition=Q(answers_seq__isnull=False),
                name="one_answer_per_watermark",
            ),
            models.UniqueConstraint(
                fields=["conversation", "client_key"],
                condition=~Q(client_key=""),
                name="one_message_per_client_key",
            ),
        ]
        indexes = [
            models.Index(fields=["conversation", "revision"], name="message_changes"),
            models.Index(fields=["conversation", "external_id"], name="message_external"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
