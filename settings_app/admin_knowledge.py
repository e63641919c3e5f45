"""Prompts and entries in the admin."""

from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from core.admin import LinesField, OnePerBusinessAdmin, ScopedForm
from settings_app.admin_drafting import DraftingAdmin
from settings_app.entries import ENTRY_FIELDS, draft_entry, problem_of
from settings_app.models import AIPrompts, KnowledgeDraft, KnowledgeEntry, KnowledgeKind
from settings_app.services import (
    MAX_PROMPT,
    delete_entries,
    delete_entry,
    save_draft,
    save_entry,
    save_prompts,
)
from settings_app.states import entry_of

PROMPT_ROWS = {
    "manual_prompt": 8,
    "knowledge_source": 10,
    "product_service": 8,
    "question_answer": 12,
}
FORM_FIELDS = ["business", *ENTRY_FIELDS]


class PromptsForm(ScopedForm):
    class Meta:
        model = AIPrompts
        fields = ["business", *PROMPT_ROWS]
        labels = {
            "manual_prompt": "Manual prompt",
            "knowledge_source": "Knowledge source",
            "product_service": "Product/service",
            "question_answer": "Question/answer",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in PROMPT_ROWS.items():
            if name in self.fields:
                attrs = {"rows": rows, "maxlength": MAX_PROMPT}
                self.fields[name].widget = UnfoldAdminTextareaWidget(attrs=attrs)


@admin.register(AIPrompts)
class AIPromptsAdmin(DraftingAdmin, OnePerBusinessAdmin):
    form = PromptsForm
    list_display = ["business", "version", "updated_at"]
    search_fields = ["business__name"]
    list_select_related = ["business"]
    readonly_fields = ["version_line"]
    fields = ["business", *PROMPT_ROWS, "version_line"]

    @display(description="Version")
    def version_line(self, prompts: AIPrompts) -> str:
        return (
            f"{prompts.version}, saved {prompts.updated_at:%Y-%m-%d %H:%M} UTC"
            if prompts.pk
            else "–"
        )

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> AIPrompts | None:
        prompts: AIPrompts | None = super().get_object(request, object_id, from_field)
        if prompts is not None and self.shows_draft(request):
            for name, text in (prompts.draft or {}).items():
                setattr(prompts, name, text)
        return prompts

    def draft_notice(self, request: HttpRequest, object_id: str | None) -> dict[str, str] | None:
        rows = self.get_queryset(request).filter(draft__isnull=False)
        is_drafted = object_id is not None and rows.filter(pk=object_id).exists()
        return self.notice(request, live=True) if is_drafted else None

    def save_model(
        self, request: HttpRequest, obj: AIPrompts, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        user: Any = request.user
        texts = {name: getattr(obj, name) for name in PROMPT_ROWS}
        if self.drafts(request):
            saved = save_draft(business=obj.business, texts=texts)
        else:
            saved = save_prompts(business=obj.business, texts=texts, user=user, via="page")
        obj.pk = saved.pk
        obj.refresh_from_db()


class EntryForm(ScopedForm):
    phrasings = LinesField(
        required=False,
        max_lines=30,
        help_text="Other ways in which customers ask the same, one on each line.",
    )
    tags = LinesField(required=False, max_lines=20, max_length=40, help_text="One on each line.")

    class Meta:
        model = KnowledgeEntry
        fields = FORM_FIELDS
        labels = {"is_active": "In use", "valid_from": "First day", "valid_to": "Last day"}
        help_texts = {
            "language": "A code such as en or de. Empty = any.",
            "valid_from": "The first day on which it counts. Empty = from now on.",
            "valid_to": "The last day on which it counts. Empty = for ever.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            words = {name: cleaned[name] for name in ENTRY_FIELDS}
            if problem := problem_of(draft_entry(**words)):
                raise forms.ValidationError(problem)
        return cleaned


@admin.register(KnowledgeEntry)
class KnowledgeEntryAdmin(DraftingAdmin):
    form = EntryForm
    list_display = ["question", "short_answer", "tag_line", "active", "updated_at", "business"]
    list_filter = ["is_active", "business"]
    search_fields = ["question", "answer"]
    empty_words = "Questions with your own answers stand here. Add one, or import a file of them."
    list_select_related = ["business"]
    fields = FORM_FIELDS

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> KnowledgeEntry | None:
        """The entry; with `?draft=1` its drafted words, and one that is only drafted, too."""
        entry: KnowledgeEntry | None = super().get_object(request, object_id, from_field)
        draft = self._draft(request, object_id) if self.shows_draft(request) else None
        if draft is None:
            return entry
        drafted = entry_of(draft.business_id, draft.object_id, draft.state or {})
        if entry is None:
            return drafted
        for name in ENTRY_FIELDS:
            setattr(entry, name, getattr(drafted, name))
        return entry

    def _draft(self, request: HttpRequest, object_id: str) -> KnowledgeDraft | None:
        user: Any = request.user
        rows = KnowledgeDraft.objects.all() if user.is_superuser else None
        rows = KnowledgeDraft.objects.for_user(user) if rows is None else rows
        found = rows.filter(kind=KnowledgeKind.ENTRY, object_id=object_id, state__isnull=False)
        return found.first()

    def draft_notice(self, request: HttpRequest, object_id: str | None) -> dict[str, str] | None:
        if object_id is None or self._draft(request, object_id) is None:
            return None
        return self.notice(request, live=self.get_queryset(request).filter(pk=object_id).exists())

    def save_model(
        self, request: HttpRequest, obj: KnowledgeEntry, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        words = {name: getattr(obj, name) for name in ENTRY_FIELDS}
        user: Any = request.user
        save_entry(
            business=obj.business,
            entry=obj,
            as_draft=self.drafts(request),
            user=user,
            via="page",
            **words,
        )

    def delete_model(self, request: HttpRequest, obj: KnowledgeEntry) -> None:
        user: Any = request.user
        delete_entry(entry=obj, as_draft=obj._state.adding, user=user, via="page")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[KnowledgeEntry]) -> None:
        """One version for each business."""
        user: Any = request.user
        rows = sorted(queryset.select_related("business"), key=lambda entry: entry.business_id)
        for _, entries in groupby(rows, key=lambda entry: entry.business_id):
            chosen = list(entries)
            ids = [entry.pk for entry in chosen]
            delete_entries(business=chosen[0].business, ids=ids, user=user, via="page")

    @display(description="Answer")
    def short_answer(self, entry: KnowledgeEntry) -> str:
        return entry.answer if len(entry.answer) <= 90 else entry.answer[:89] + "…"

    @display(description="Tags")
    def tag_line(self, entry: KnowledgeEntry) -> str:
        return ", ".join(entry.tags) or "–"

    @display(description="In use", boolean=True, ordering="is_active")
    def active(self, entry: KnowledgeEntry) -> bool:
        return entry.is_active
