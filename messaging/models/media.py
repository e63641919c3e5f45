from django.db import models
from django.db.models import Q

from accounts.models import Business
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models.message import Message


class MediaFile(models.Model):
    """A file that came with a message: fetched by a task, kept privately.

    `position` is its place in the message's `attachments`, which mirror `state`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Not fetched yet"
        STORED = "stored", "Stored"
        REFUSED = "refused", "Not kept"
        DELETED = "deleted", "Deleted"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="media")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=12)
    ref = models.TextField()
    name = models.CharField(max_length=255, blank=True)
    mime = models.CharField(max_length=120, blank=True, help_text="Found in the file itself.")
    size = models.PositiveBigIntegerField(null=True, blank=True)
    file = models.FileField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "position"], name="media_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="media_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
