from django.db import models
from django.db.models import Q

from accounts.models import Business
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models.conversation import Conversation
from messaging.models.message import Message


class OutboundChunk(models.Model):
    """One send to the platform: a message longer than the channel's limit has several."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="chunks")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="chunks")
    seq = models.PositiveBigIntegerField(
        help_text="The message's seq, so that chunks sort by themselves."
    )
    number = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField(default=1, help_text="Chunks of its message.")
    text = models.TextField()
    state = models.CharField(
        max_length=10, choices=Message.Delivery, default=Message.Delivery.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True, help_text="Not before this time.")
    begun_at = models.DateTimeField(
        null=True, blank=True, help_text="When its latest send was begun."
    )
    plain = models.BooleanField(default=False)
    external_id = models.CharField(max_length=512, blank=True)
    failure = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["seq", "number"]
        constraints = [models.UniqueConstraint(fields=["message", "number"], name="chunk_once")]
        indexes = [
            models.Index(
                fields=["conversation", "seq", "number"],
                condition=Q(state__in=["queued", "sending"]),
                name="chunk_unsettled",
            )
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.number} {self.state}"
