from django.db import models

from accounts.models import Business
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models.channel import Channel


class Customer(models.Model):
    """A person as one channel knows them."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="customers")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="customers")
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)
    username = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=16, blank=True)
    profile_at = models.DateTimeField(
        null=True, blank=True, help_text="When the platform was last asked for the name."
    )
    unreachable_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"], name="customer_once_per_channel"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.username or self.external_id
