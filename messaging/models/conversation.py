from django.db import models
from django.db.models import F, Q

from accounts.models import Business, User
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models.channel import Channel
from messaging.models.customer import Customer


class Conversation(models.Model):
    """A thread with one customer, and who answers in it.

    `revision` grows with every change of the conversation or of a message in it; a message's `seq`
    is the revision that made it, so one counter orders messages and events alike.
    `epoch` grows with every takeover, person's message, hand-over, return and close: an AI message
    may be sent only while the epoch is the one it was written in.
    `answered_seq` is the watermark: customer messages up to it need no answer from the AI any more.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "AI answers"
        SUPPORT_ACTIVE = "support_active", "People answer"
        CLOSED = "closed", "Closed"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="conversations")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="conversations")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="conversations")
    external_id = models.CharField(max_length=255, help_text="The thread's key on the channel.")
    status = models.CharField(max_length=20, choices=Status)
    assigned_to = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="assigned_conversations",
    )
    unread = models.PositiveIntegerField(default=0)
    needs_a_look = models.BooleanField(default=False)
    handover_reason = models.CharField(max_length=40, blank=True)
    handover_summary = models.TextField(blank=True)
    suggestion = models.JSONField(null=True, blank=True)

    revision = models.PositiveBigIntegerField(default=0)
    epoch = models.PositiveBigIntegerField(default=0)
    last_customer_seq = models.PositiveBigIntegerField(default=0)
    answered_seq = models.PositiveBigIntegerField(default=0)
    context_from_seq = models.PositiveBigIntegerField(default=0)
    ai_turns = models.PositiveIntegerField(default=0)

    claim_token = models.CharField(max_length=16, blank=True)
    claim_until = models.DateTimeField(null=True, blank=True)
    claim_attempts = models.PositiveSmallIntegerField(default=0)
    restarts = models.PositiveSmallIntegerField(default=0)
    lane_token = models.CharField(max_length=16, blank=True)
    lane_until = models.DateTimeField(null=True, blank=True)

    last_text = models.CharField(max_length=200, blank=True)
    last_type = models.CharField(max_length=10, blank=True)
    first_unanswered_at = models.DateTimeField(null=True, blank=True)
    last_customer_at = models.DateTimeField(null=True, blank=True)
    window_from = models.DateTimeField(
        null=True, blank=True, help_text="When the customer last did what lets us write to them."
    )
    last_person_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], name="conversation_once_per_thread"
            )
        ]
        indexes = [
            models.Index(fields=["business", "-updated_at"], name="conversation_list"),
            models.Index(
                fields=["last_customer_at"],
                condition=Q(status="active", last_customer_seq__gt=F("answered_seq")),
                name="conversation_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.get_status_display()})"
