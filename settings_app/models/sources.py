"""Texts, files and web addresses that answers may be made from, and the jobs that read them."""

from django.db import models

from accounts.models import Business, User
from core.lib.ids import new_id
from core.lib.tenancy import ScopedQuerySet


class KnowledgeSource(models.Model):
    """A text, a file or a web address. What was read from it stands in `SourceContent`.

    `live` is the number of the content that answers are made from, `pending` that of a newer one
    which waits for somebody's look; null = none.
    """

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        FILE = "file", "File"
        WEB = "web", "Web address"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READING = "reading", "Being read"
        READY = "ready", "Ready"
        FAILED = "failed", "Could not be read"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=2_000, blank=True)
    file = models.FileField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    language = models.CharField(max_length=8, blank=True)
    follow_links = models.PositiveSmallIntegerField(
        default=0, help_text="How many links away from the address pages are read."
    )
    max_pages = models.PositiveSmallIntegerField(default=50)
    refresh_hours = models.PositiveIntegerField(
        null=True, blank=True, help_text="After how long it is read again; empty = never."
    )
    publish_at_once = models.BooleanField(
        default=False, help_text="Changes found later count without anybody's look."
    )
    is_active = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    live = models.PositiveIntegerField(null=True, blank=True)
    pending = models.PositiveIntegerField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["title"]
        indexes = [models.Index(fields=["due_at"], name="source_due")]

    def __str__(self) -> str:
        return self.title


class SourceContent(models.Model):
    """One reading of a source that found something new. `digest` tells readings apart."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(KnowledgeSource, on_delete=models.CASCADE, related_name="contents")
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    characters = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="source_content_once")
        ]

    def __str__(self) -> str:
        return f"reading {self.number} of {self.source_id}"


class SourceDocument(models.Model):
    """A part of a content: a page of a site, or a whole file.

    `text` is Markdown, a form feed parts the pages of a file. `place` = its address, "" for a file.
    """

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    content = models.ForeignKey(SourceContent, on_delete=models.CASCADE, related_name="documents")
    position = models.PositiveIntegerField()
    place = models.CharField(max_length=2_000, blank=True)
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["content", "position"], name="source_document_once")
        ]

    def __str__(self) -> str:
        return self.title or self.place


class KnowledgeJob(models.Model):
    """Reading a file of entries, or a source, in the background. `counts` as `ImportCounts`."""

    class Kind(models.TextChoices):
        IMPORT = "import", "Import of entries"
        READ = "read", "Reading of a source"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    source = models.ForeignKey(
        KnowledgeSource, on_delete=models.CASCADE, null=True, blank=True, related_name="jobs"
    )
    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    file = models.FileField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    as_draft = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="Rows or pages read.")
    total = models.PositiveIntegerField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    rejected = models.JSONField(default=list, help_text="The first refused rows: line and reason.")
    problem = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim_token = models.CharField(max_length=16, blank=True)
    claim_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "import"
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "created_at"], name="knowledge_job_state")]

    def __str__(self) -> str:
        return self.file_name or f"{self.kind} {self.id}"
