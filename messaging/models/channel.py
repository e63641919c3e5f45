from django.db import models

from accounts.models import Business
from core.lib.crypto import SecretsField
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.types import ChannelAccount


class Channel(models.Model):
    """A business's account on a platform: a bot, a web chat, or the API."""

    class Kind(models.TextChoices):
        TELEGRAM = "telegram", "Telegram"
        INSTAGRAM = "instagram", "Instagram"
        MESSENGER = "messenger", "Facebook Messenger"
        WEBCHAT = "webchat", "Web chat"
        API = "api", "API"

    class Health(models.TextChoices):
        OK = "ok", "Working"
        NEW = "new", "Not tried yet"
        DEAD = "dead", "Needs reconnecting"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(
        max_length=128, blank=True, help_text="The platform's id of the account."
    )
    secrets = SecretsField(blank=True, default=dict, editable=False)
    settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    health = models.CharField(max_length=10, choices=Health, default=Health.NEW, editable=False)
    health_detail = models.CharField(max_length=300, blank=True, editable=False)
    sends_refused_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the platform took nothing of this account any more.",
    )
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    checkup = models.JSONField(
        default=dict, blank=True, editable=False, help_text="What the last check found."
    )
    token_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    token_renewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_inbound_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_outbound_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "external_id"],
                condition=~models.Q(external_id=""),
                name="one_channel_per_account",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()

    def account(self) -> ChannelAccount:
        """The frozen form that adapters take."""
        return ChannelAccount(
            id=self.id,
            kind=self.kind,
            external_id=self.external_id,
            secrets=self.secrets,
            settings=self.settings,
        )
