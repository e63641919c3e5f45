"""The AI's sessions, and what happened in conversations, counted."""

from django.db import models

from accounts.models import Business
from core.lib.tenancy import ScopedQuerySet
from messaging.models import Conversation


class ChatSession(models.Model):
    """The AI's view of a conversation (seed 003): `session_id` is `msg_` + conversation id."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, related_name="chat_session", primary_key=True
    )
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    is_active = models.BooleanField(default=True)
    message_count = models.PositiveIntegerField(default=0)
    last_activity_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return self.session_id

    @property
    def session_id(self) -> str:
        return f"msg_{self.conversation_id}"


class SessionMark(models.Model):
    """How far the sessions of a business follow its conversations."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="+")
    synced_to = models.DateTimeField(help_text="Conversations that changed up to then are synced.")

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.synced_to}"


class Episode(models.Model):
    """A conversation from its opening to its closing; a reopened one begins the next episode.

    Counted from the thread, never typed in: deleting all rows and counting again gives the same.
    An episode belongs to the day on which it began, in the business's own time zone.
    """

    class AnsweredBy(models.TextChoices):
        AI = "ai", "AI"
        PEOPLE = "people", "People"
        MIXED = "mixed", "AI and people"
        NOBODY = "nobody", "Nobody"

    class Resolution(models.TextChoices):
        OPEN = "open", "Still open"
        PENDING = "pending", "Closed by AI alone, less than 7 days ago"
        RESOLVED = "resolved", "Resolved by AI"
        REOPENED = "reopened", "Reopened within 7 days"
        PEOPLE = "people", "Closed, people took part"
        UNANSWERED = "unanswered", "Closed without an answer"

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.SET_NULL, null=True, related_name="episodes"
    )
    channel_kind = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    from_seq = models.PositiveBigIntegerField(default=0)
    opened_at = models.DateTimeField()
    date = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(
        null=True, blank=True, help_text="When the next episode began."
    )
    customer_messages = models.PositiveIntegerField(default=0)
    ai_messages = models.PositiveIntegerField(default=0)
    support_messages = models.PositiveIntegerField(default=0)
    answered_by = models.CharField(max_length=8, choices=AnsweredBy)
    resolution = models.CharField(max_length=12, choices=Resolution)
    handovers = models.PositiveIntegerField(default=0)
    handover_reason = models.CharField(max_length=40, blank=True, help_text="The first one.")
    first_answer_ms = models.PositiveBigIntegerField(null=True, blank=True)
    ai_ms = models.JSONField(default=list, help_text="Milliseconds of each answer of the AI.")
    ai_answers = models.PositiveIntegerField(default=0, help_text="How many times `ai_ms` has.")
    slowest_ai_ms = models.PositiveBigIntegerField(null=True, blank=True)
    calls = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    money_nanos = models.BigIntegerField(default=0)
    counted_at = models.DateTimeField()
    revision = models.PositiveBigIntegerField(
        null=True, help_text="The conversation's when it was counted; empty = count it again."
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="episode_number_once")
        ]
        # The first one has the order of lists, and what they ask most, so that counting a year of
        # them reads no rows.
        indexes = [
            models.Index(
                fields=[
                    "business",
                    "date",
                    "opened_at",
                    "resolution",
                    "answered_by",
                    "first_answer_ms",
                    "slowest_ai_ms",
                ],
                name="episode_day",
            ),
            models.Index(fields=["business", "resolution", "closed_at"], name="episode_ripening"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.number}"


class EpisodeHour(models.Model):
    """What was said in an episode within one hour of a day, in the business's own time zone."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="hours")
    date = models.DateField()
    hour = models.PositiveSmallIntegerField()
    customer = models.PositiveIntegerField(default=0)
    ai = models.PositiveIntegerField(default=0)
    support = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    uncertain = models.PositiveIntegerField(default=0)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["episode", "date", "hour"], name="hour_once_per_episode"
            )
        ]
        # Holds all that is asked of an hour, so that the rows themselves need not be read.
        indexes = [
            models.Index(
                fields=["business", "date", "hour", "episode", "customer"], name="episode_hour_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.hour}"


class EpisodeEntry(models.Model):
    """A knowledge entry that an episode's answers cited."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="entries")
    entry_id = models.CharField(max_length=64)
    title = models.CharField(max_length=500, blank=True)
    uses = models.PositiveIntegerField(default=1)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["episode", "entry_id"], name="entry_once_per_episode")
        ]
        indexes = [models.Index(fields=["business", "entry_id"], name="episode_entry")]

    def __str__(self) -> str:
        return self.entry_id


class AnalyticsMark(models.Model):
    """How far the counting of a business has come."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE, related_name="+")
    counted_to = models.DateTimeField(
        null=True, help_text="Conversations that changed up to then are counted."
    )
    calls_to = models.DateTimeField(
        null=True, help_text="Calls up to then are counted, also in conversations that kept still."
    )
    busy_until = models.DateTimeField(
        null=True, help_text="Somebody counts; after that time they are taken to be dead."
    )
    turn = models.PositiveBigIntegerField(
        default=0, help_text="Grows with every write, so that one taken to be dead writes no more."
    )
    zone = models.CharField(max_length=64, blank=True, help_text="The time zone of the days.")
    days = models.JSONField(default=list, help_text="Days that are to be summed again.")
    tried_at = models.DateTimeField(null=True, help_text="When a reader last had it counted.")

    objects = ScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.counted_to}"


class DailyAnalytics(models.Model):
    """What happened on one day of a business, counted at night."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    date = models.DateField()
    counts = models.JSONField(default=dict)
    final = models.BooleanField(default=False, help_text="Nothing of that day can change any more.")
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "daily analytics"
        constraints = [
            models.UniqueConstraint(fields=["business", "date"], name="analytics_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.date}"
