"""Businesses and the people who work for them."""

from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet


def validate_timezone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError("Not a time zone name; use one like Europe/Berlin.")


class Business(models.Model):
    """The tenant: everything a business owns points here."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    knowledge_version = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "businesses"

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person: owner or agent of one business, or platform staff (superuser, no business)."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        AGENT = "agent", "Agent"

    class Handler(models.TextChoices):
        AI = "AI", "AI answers first"
        MANUAL = "Manual", "People answer first"

    business = models.ForeignKey(
        Business, on_delete=models.CASCADE, null=True, blank=True, related_name="members"
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.AGENT)
    default_reply_handler = models.CharField(max_length=10, choices=Handler, default=Handler.AI)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["business"],
                condition=models.Q(role="owner"),
                name="one_owner_per_business",
            )
        ]

    @property
    def is_owner(self) -> bool:
        return self.business_id is not None and self.role == self.Role.OWNER

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


class Invitation(models.Model):
    """An owner's invitation of an agent; the link carries a token that is stored hashed."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.email


class SocketTicket(models.Model):
    """Opens one WebSocket, once, within 30 seconds."""

    token_hash = models.CharField(primary_key=True, max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField(db_index=True)


class TokenFamily(models.Model):
    """One log-in with bearer tokens. `current` is the id of its one valid refresh token;
    ending the family ends every token of it at once."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    current = models.CharField(max_length=32)
    rotated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(db_index=True)


class ApiKey(models.Model):
    """A key for a program of the business. Only its digest is kept; it acts for its maker."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=80)
    start = models.CharField(max_length=16, help_text="Its first characters, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class SettingChange(models.Model):
    """Who changed which setting of a business, from what to what. Never edited, never a secret."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    via = models.CharField(max_length=10, help_text="“page”, “api”, “command” or “system”.")
    subject = models.CharField(max_length=40, help_text="What kind of thing, as “ai config”.")
    subject_id = models.CharField(max_length=40, blank=True)
    field = models.CharField(max_length=60)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["business", "-at"], name="setting_changes")]

    def __str__(self) -> str:
        return f"{self.subject} {self.field}"
