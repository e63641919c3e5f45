from django.db import models
from django.db.models import Q

from accounts.models import Business
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models.channel import Channel
from messaging.models.message import Message


class InboundEvent(models.Model):
    """An event as it came, and what became of it. The UNIQUE key makes a redelivery harmless."""

    class Fate(models.TextChoices):
        STORED = "stored", "Stored"
        WAITING = "waiting", "Not decided yet"
        IGNORED = "ignored", "Ignored"
        QUARANTINED = "quarantined", "Put aside"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="events")
    dedupe_key = models.CharField(max_length=200)
    fate = models.CharField(max_length=12, choices=Fate)
    reason = models.CharField(max_length=200, blank=True)
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    raw = models.BinaryField()
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When what waits is to be decided."
    )
    held = models.JSONField(
        null=True, blank=True, editable=False, help_text="What waits, in our words."
    )
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "dedupe_key"], name="event_once_per_channel")
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(fate="waiting"), name="event_waiting"),
            models.Index(fields=["channel"], condition=Q(fate="waiting"), name="event_waiting_of"),
        ]

    def __str__(self) -> str:
        return f"{self.dedupe_key}: {self.fate}"
