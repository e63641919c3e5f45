"""Prompts, knowledge and hours in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.admin_audit import AuditedAdmin
from core.admin import LinesField, OnePerBusinessAdmin, ScopedForm, ScopedModelAdmin
from settings_app.entries import draft_entry, problem_of
from settings_app.models import AIPrompts, BusinessHours, Holiday, KnowledgeEntry, Retention
from settings_app.services import MAX_PROMPT, save_entry, save_prompts

PROMPT_ROWS = {
    "manual_prompt": 8,
    "knowledge_source": 10,
    "product_service": 8,
    "question_answer": 12,
}
ENTRY_FIELDS = ["business", "question", "phrasings", "answer", "tags", "language", "is_active"]


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
class AIPromptsAdmin(OnePerBusinessAdmin):
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

    def save_model(
        self, request: HttpRequest, obj: AIPrompts, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        texts = {name: getattr(obj, name) for name in PROMPT_ROWS}
        obj.pk = save_prompts(business=obj.business, texts=texts).pk
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
        fields = ENTRY_FIELDS
        labels = {"is_active": "In use"}
        help_texts = {"language": "A code such as en or de. Empty = any."}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            words = {name: cleaned[name] for name in ENTRY_FIELDS if name != "business"}
            if problem := problem_of(draft_entry(**words)):
                raise forms.ValidationError(problem)
        return cleaned


@admin.register(KnowledgeEntry)
class KnowledgeEntryAdmin(ScopedModelAdmin):
    form = EntryForm
    list_display = ["question", "short_answer", "tag_line", "active", "updated_at", "business"]
    list_filter = ["is_active", "business"]
    search_fields = ["question", "answer"]
    list_select_related = ["business"]
    fields = ENTRY_FIELDS

    def save_model(
        self, request: HttpRequest, obj: KnowledgeEntry, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        words = {name: getattr(obj, name) for name in ENTRY_FIELDS if name != "business"}
        save_entry(business=obj.business, entry=obj, **words)

    @display(description="Answer")
    def short_answer(self, entry: KnowledgeEntry) -> str:
        return entry.answer if len(entry.answer) <= 90 else entry.answer[:89] + "…"

    @display(description="Tags")
    def tag_line(self, entry: KnowledgeEntry) -> str:
        return ", ".join(entry.tags) or "–"

    @display(description="In use", boolean=True, ordering="is_active")
    def active(self, entry: KnowledgeEntry) -> bool:
        return entry.is_active


@admin.register(BusinessHours)
class BusinessHoursAdmin(ScopedModelAdmin):
    list_display = ["day", "opens", "closes", "business"]
    list_filter = ["business"]
    fields = ["business", "weekday", "opens", "closes"]

    @display(description="Day", ordering="weekday")
    def day(self, hours: BusinessHours) -> str:
        return str(hours.get_weekday_display())


@admin.register(Holiday)
class HolidayAdmin(ScopedModelAdmin):
    list_display = ["date", "name", "business"]
    list_filter = ["business"]
    fields = ["business", "date", "name"]
    date_hierarchy = "date"


class RetentionForm(ScopedForm):
    class Meta:
        model = Retention
        fields = ["business", "messages_days", "media_days", "ai_records_days"]
        labels = {
            "messages_days": "Messages (days)",
            "media_days": "Pictures and files (days)",
            "ai_records_days": "Records of the AI (days)",
        }
        help_texts = {
            "messages_days": "Older messages are deleted with their files. Empty = for ever.",
            "media_days": "Files are deleted, what was written stays. Empty = for ever.",
            "ai_records_days": "What the AI looked at and called; sums per day stay. "
            "At least 30. Empty = for ever.",
        }


@admin.register(Retention)
class RetentionAdmin(AuditedAdmin, OnePerBusinessAdmin):
    audit_subject = "retention"
    form = RetentionForm
    list_display = ["business", "messages_days", "media_days", "ai_records_days", "updated_at"]
    search_fields = ["business__name"]
    list_select_related = ["business"]
