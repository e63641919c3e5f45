"""A person's chats with models, as trees, and the folders they lie in."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Business, User
from ai_chat.models.people import Persona
from ai_chat.models.querysets import OwnQuerySet
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet
from messaging.models import Conversation


class Folder(models.Model):
    """A person's own; deleting it leaves its chats outside of any."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="chat_folders")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="one_folder_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class AIChat(models.Model):
    """One person's chat. `revision` grows with every change and is the id of socket events."""

    class Titled(models.TextChoices):
        NOT_YET = "not_yet", "Not yet"
        MODEL = "model", "By a model"
        PERSON = "person", "By hand"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="ai_chats")
    title = models.CharField(max_length=255, default="New chat")
    titled = models.CharField(max_length=8, choices=Titled, default=Titled.NOT_YET)
    folder = models.ForeignKey(
        Folder, on_delete=models.SET_NULL, null=True, blank=True, related_name="chats"
    )
    persona = models.ForeignKey(
        Persona, on_delete=models.SET_NULL, null=True, blank=True, related_name="chats"
    )
    model_name = models.CharField(
        max_length=80, blank=True, help_text="Empty = the user's default."
    )
    system_prompt = models.TextField(blank=True, max_length=20_000)
    temperature = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)]
    )
    related_conversation = models.ForeignKey(
        Conversation, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    include_related = models.BooleanField(
        default=True, help_text="Give the customer conversation to the model unless told otherwise."
    )
    redact_related = models.BooleanField(default=False, help_text="Without names and contact data.")
    active_leaf = models.ForeignKey(
        "AIMessage", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    summary = models.TextField(blank=True, editable=False)
    summary_upto = models.ForeignKey(
        "AIMessage", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    keep_summary = models.BooleanField(
        default=False, help_text="Sum up what no longer fits into the model's context."
    )
    is_active = models.BooleanField(default=True)
    revision = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OwnQuerySet.as_manager()

    class Meta:
        verbose_name = "AI chat"
        ordering = ["-updated_at", "id"]
        indexes = [models.Index(fields=["user", "-updated_at"], name="chats_by_user")]

    def __str__(self) -> str:
        return self.title


class AIMessage(models.Model):
    """One turn. `position` orders siblings and never changes; content of an asked or answered turn
    doesn't either: another wording is another message."""

    class Role(models.TextChoices):
        USER = "user", "User"
        ASSISTANT = "assistant", "Assistant"
        SYSTEM = "system", "System"

    class State(models.TextChoices):
        PENDING = "pending", "Waiting for the model"
        STREAMING = "streaming", "Being written"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    chat = models.ForeignKey(AIChat, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children"
    )
    active_child = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    position = models.PositiveIntegerField(help_text="Grows within the chat.")
    role = models.CharField(max_length=10, choices=Role)
    content = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.DONE)
    failure = models.JSONField(
        null=True, blank=True, help_text="{code, detail} in the reader's words."
    )
    options = models.JSONField(
        default=dict,
        blank=True,
        help_text="How to write it: model_name, temperature, include_related, context_limit.",
    )
    context = models.JSONField(
        default=dict,
        blank=True,
        help_text="What the model was given: turns, left_out, summary, related, tokens.",
    )
    provider = models.CharField(max_length=40, blank=True)
    model_used = models.CharField(max_length=120, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    total_tokens = models.PositiveIntegerField(null=True, blank=True)
    money_nanos = models.BigIntegerField(
        null=True, blank=True, help_text="Billionths of a US dollar; empty = no price known."
    )
    first_word_ms = models.PositiveIntegerField(null=True, blank=True)
    response_time_ms = models.PositiveIntegerField(null=True, blank=True)
    claim_token = models.CharField(max_length=16, blank=True, editable=False)
    claim_until = models.DateTimeField(null=True, blank=True, editable=False)
    client_key = models.CharField(
        max_length=64,
        null=True,
        blank=True,
        help_text="A second send with the same key adds nothing.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "AI message"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["chat", "position"], name="one_message_at_a_position"),
            models.UniqueConstraint(fields=["chat", "client_key"], name="one_turn_for_a_key"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="chat_answers_unwritten",
                condition=models.Q(state__in=["pending", "streaming"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.pk}"
