"""Imports of files in the admin: the upload, how far it is, what came of it."""

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import display

from accounts.models import Business, User
from core.admin import ScopedForm, ScopedModelAdmin
from core.lib.errors import DomainError
from settings_app.jobs import check_upload, start_import
from settings_app.models import KnowledgeJob

State = KnowledgeJob.State
COUNTS = ("added", "updated", "unchanged", "rejected")
KINDS = ".csv,.tsv,.json,.md,.markdown,.txt,.pdf,.docx,.html,.htm"
COLOURS = {State.DONE: "success", State.FAILED: "danger", State.RUNNING: "info"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page tells of an import."""

    headline: str
    address: str
    running: bool
    done: int
    total: int | None
    counts: list[tuple[str, int]]
    notes: list[str]
    rejected: list[dict[str, Any]]
    caption: str


def shown_of(job: KnowledgeJob) -> Shown:
    finished = job.state == State.DONE
    counts = [(name.capitalize(), job.counts.get(name, 0)) for name in COUNTS] if finished else []
    refused = job.counts.get("rejected", 0)
    left = refused - len(job.rejected)
    return Shown(
        headline=_headline(job),
        address=reverse("admin:settings_app_knowledgejob_progress", args=[job.pk]),
        running=job.state in {State.WAITING, State.RUNNING},
        done=job.done,
        total=job.total,
        counts=counts,
        notes=_notes(job),
        rejected=job.rejected,
        caption=f"Rejected rows, the first {len(job.rejected)}" if left > 0 else "Rejected rows",
    )


def _headline(job: KnowledgeJob) -> str:
    if job.state == State.FAILED:
        return job.problem
    if job.state == State.DONE:
        return f"{job.file_name} is imported."
    if job.state == State.WAITING:
        return "Waiting for its turn."
    if job.total is None:
        return f"Reading {job.file_name}: {job.done:,} rows or pages so far."
    return f"Writing {job.total:,} entries."


def _notes(job: KnowledgeJob) -> list[str]:
    if job.state != State.DONE:
        return []
    notes = list(job.counts.get("problems", []))
    if job.counts.get("source_id"):
        notes.append("Text without questions is kept as a source of its own.")
    if job.as_draft:
        notes.append("All of it is in the draft; answers change when that is published.")
    return notes


class ImportForm(ScopedForm):
    class Meta:
        model = KnowledgeJob
        fields = ["business", "file", "as_draft"]
        labels = {"as_draft": "Into the draft"}
        help_texts = {
            "file": "CSV, JSON, Markdown, text, PDF, Word or HTML, at most 50 MB. A table needs "
            "the columns question and answer; phrasings, tags, language, valid_from and valid_to "
            "may follow. In other files questions with answers become entries, the rest a source.",
            "as_draft": "Answers change when the draft is published.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            self.fields["file"].required = True
            self.fields["file"].widget.attrs["accept"] = KINDS

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        business = (
            cleaned.get("business") or Business.objects.filter(pk=self.instance.business_id).first()
        )
        if business is not None and cleaned.get("file"):
            try:
                check_upload(business, cleaned["file"])
            except DomainError as error:
                raise forms.ValidationError(error.detail) from error
        return cleaned


@admin.register(KnowledgeJob)
class KnowledgeJobAdmin(ScopedModelAdmin):
    owner_may = frozenset({"view", "add"})
    form = ImportForm
    list_display = ["file_name", "state_line", "result", "created_at", "user", "business"]
    list_filter = ["state", "business"]
    search_fields = ["file_name"]
    list_select_related = ["business", "user"]
    actions: Any = None
    warn_unsaved_form = False
    empty_words = (
        "Files of questions with answers are imported here; every row that fails is named."
    )
    change_form_outer_before_template = "settings_app/import_progress.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(kind=KnowledgeJob.Kind.IMPORT)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        names = ["business", "file", "as_draft"]
        if obj is not None:
            names = ["business", "file_name", "user", "created_at", "finished_at"]
        return self.without_business(request, names)

    def get_urls(self) -> list[URLPattern]:
        name = "settings_app_knowledgejob_progress"
        view = self.admin_site.admin_view(self.progress)
        return [path("<str:job_id>/progress/", view, name=name), *super().get_urls()]

    def progress(self, request: HttpRequest, job_id: str) -> HttpResponse:
        """The part of the page that asks for itself again until the import is finished."""
        job = self.get_object(request, job_id)
        if job is None or not self.has_view_permission(request, job):
            raise Http404
        template = str(self.change_form_outer_before_template)
        return TemplateResponse(request, template, {"shown": shown_of(job)})

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        job = kwargs.get("obj")
        more: dict[str, Any] = {
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
            "shown": shown_of(job) if job is not None else None,
        }
        page: HttpResponse = super().render_change_form(request, context | more, *args, **kwargs)
        return page

    def save_model(
        self, request: HttpRequest, obj: KnowledgeJob, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        job = start_import(
            business=obj.business,
            user=cast(User, request.user),
            upload=form.cleaned_data["file"],
            as_draft=obj.as_draft,
        )
        obj.pk, obj.file_name = job.pk, job.file_name

    def response_add(
        self, request: HttpRequest, obj: KnowledgeJob, post_url_continue: str | None = None
    ) -> HttpResponse:
        return redirect("admin:settings_app_knowledgejob_change", obj.pk)

    @display(description="State", label=COLOURS, ordering="state")
    def state_line(self, job: KnowledgeJob) -> tuple[str, str]:
        return job.state, job.get_state_display()

    @display(description="Result")
    def result(self, job: KnowledgeJob) -> str:
        if job.state == State.DONE:
            return ", ".join(f"{job.counts.get(name, 0)} {name}" for name in COUNTS)
        return job.problem or "–"
