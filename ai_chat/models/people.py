"""Whom one talks to, and how one likes to."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Business, User
from ai_chat.models.querysets import OwnQuerySet
from core.lib.ids import new_id


class Persona(models.Model):
    """A character the model plays. `manner` is added to what its relation already implies."""

    class Relation(models.TextChoices):
        PARENT = "parent", "Parent"
        SPOUSE = "spouse", "Spouse"
        CHILD = "child", "Child"
        SIBLING = "sibling", "Sibling"
        FRIEND = "friend", "Friend"
        COLLEAGUE = "colleague", "Colleague"
        CUSTOMER = "customer", "Customer to rehearse with"
        OTHER = "other", "Other"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="personas")
    name = models.CharField(max_length=80)
    relation = models.CharField(max_length=12, choices=Relation, default=Relation.OTHER)
    description = models.TextField(blank=True, max_length=4000)
    manner = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="one_persona_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class UserSettings(models.Model):
    """A person's own choices for new chats; empty = the product's."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="chat_settings"
    )
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    default_model = models.CharField(max_length=80, blank=True)
    system_prompt = models.TextField(blank=True, max_length=20_000)
    temperature = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)]
    )
    auto_title = models.BooleanField(default=True)
    last_chat = models.ForeignKey(
        "ai_chat.AIChat", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)
    provisioned_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When they got what a new user starts with.",
    )

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "user settings"

    def __str__(self) -> str:
        return f"Chat settings of {self.user}"


class ChatUser(User):
    """A person as the admin counts their chats: how many, how long, for how much. No words."""

    class Meta:
        proxy = True
        verbose_name = "chat user"
