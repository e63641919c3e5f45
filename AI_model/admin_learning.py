"""Proposed entries in the admin: what they rest on, and what becomes of them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import Case, Count, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from AI_model.models import LearningMark, ProposedEntry
from AI_model.services.learning_marks import ask_for_look
from AI_model.services.proposals import approve_proposal, reject_proposal, reject_proposals
from core.admin import LinesField, ScopedForm, ScopedModelAdmin
from core.lib.errors import DomainError
from settings_app.entries import MAX_ANSWER, MAX_PHRASINGS, MAX_QUESTION, MAX_TAG, MAX_TAGS
from settings_app.models import KnowledgeEntry
from settings_app.services.entries import TWICE

State = ProposedEntry.State
COLOURS = {State.OPEN: "info", State.APPROVED: "success", State.REJECTED: "danger"}
APPROVE, DRAFT, REJECT = "approve", "approve_into_draft", "reject"
SHOWN = 50
NEW_ONLY = {"answer", "language", "tags"}
"""What phrasings for an entry leave as it is."""
DONE = {
    APPROVE: "Approved. Answers follow it within seconds.",
    DRAFT: "Approved into the draft. Answers follow it once you publish.",
    REJECT: "Rejected. Nothing like it is proposed again.",
}


class ProposalForm(ScopedForm):
    question = forms.CharField(max_length=MAX_QUESTION, widget=UnfoldAdminTextInputWidget())
    phrasings = LinesField(
        required=False,
        max_lines=MAX_PHRASINGS,
        help_text="Other ways in which customers asked the same, one on each line.",
    )
    answer = forms.CharField(
        max_length=MAX_ANSWER, widget=UnfoldAdminTextareaWidget(attrs={"rows": 6})
    )
    tags = LinesField(
        required=False, max_lines=MAX_TAGS, max_length=MAX_TAG, help_text="One on each line."
    )

    class Meta:
        model = ProposedEntry
        fields = ["question", "phrasings", "answer", "language"]
        help_texts = {"language": "A code such as en or de. Empty = any."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.entry_id:
            for name in NEW_ONLY & self.fields.keys():
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        known = KnowledgeEntry.objects.for_business(self.instance.business_id)
        is_new = self.instance.entry_id is None and REJECT not in self.data
        if is_new and known.filter(question=cleaned.get("question")).exists():
            self.add_error("question", TWICE)
        return cleaned


@admin.register(ProposedEntry)
class ProposedEntryAdmin(ScopedModelAdmin):
    owner_may = frozenset({"view", "change"})
    form = ProposalForm
    list_display = ["question", "short_answer", "asked_times", "becomes", "state_line", "business"]
    list_filter = ["state", "business"]
    search_fields = ["question", "answer"]
    list_select_related = ["business", "entry"]
    actions = ["reject_chosen"]
    actions_submit_line = [APPROVE, DRAFT, REJECT]
    empty_words = "What people answered after the AI handed over is proposed here as entries."
    list_before_template = "AI_model/proposals_before.html"
    change_form_outer_before_template = "AI_model/proposal.html"

    class Media:
        css = {"all": ["settings_app/knowledge.css", "AI_model/learning.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Only the owner decides, and only once."""
        user: Any = request.user
        is_open = not isinstance(obj, ProposedEntry) or obj.state == State.OPEN
        return is_open and user.is_owner and super().has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProposedEntry]:
        rows: QuerySet[ProposedEntry] = super().get_queryset(request)
        return rows.annotate(asked=Count("parts"))

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is to be looked at first."""
        return [Case(When(state=State.OPEN, then=Value(0)), default=Value(1)), "-updated_at", "pk"]

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        if isinstance(obj, ProposedEntry) and obj.entry_id and obj.state == State.OPEN:
            return ["question", "phrasings"]
        if obj is not None and self.has_change_permission(request, obj):
            return ["question", "phrasings", "answer", "language", "tags"]
        shown = ["business", "question", "phrasing_list", "answer", "language", "state"]
        return self.without_business(request, [*shown, "decided_by", "decided_at"])

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> list[Any]:
        if obj is None or self.has_change_permission(request, obj):
            return []
        return list(self.get_fields(request, obj))

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.look))
        return [path("look/", view, name="AI_model_proposedentry_look"), *super().get_urls()]

    def look(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not user.is_owner or user.business is None:
            raise Http404
        ask_for_look(business=user.business)
        messages.success(request, "Looking. New proposals appear here within a minute.")
        return redirect("admin:AI_model_proposedentry_changelist")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user: Any = request.user
        mark = LearningMark.objects.for_user(user).first()
        context = {"is_owner": user.is_owner, "mark": mark} | (extra_context or {})
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        proposal = self.get_object(request, object_id) if object_id else None
        hidden = ("show_save", "show_save_and_continue", "show_save_and_add_another")
        context = dict.fromkeys(hidden, False) | {"proposal": proposal}
        if proposal is not None:
            parts = proposal.parts.order_by("-answer__created_at", "pk")
            context |= {"parts": parts[:SHOWN], "asked": parts.count()}
        try:
            return super().changeform_view(
                request, object_id, form_url, context | (extra_context or {})
            )
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect(request.path)

    def save_model(
        self, request: HttpRequest, obj: ProposedEntry, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        user: Any = request.user
        if REJECT in request.POST:
            reject_proposal(proposal=obj, user=user, via="page")
            return
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        as_draft = DRAFT in request.POST
        approve_proposal(proposal=obj, user=user, changes=changes, as_draft=as_draft, via="page")

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> Any:
        """No buttons where nothing is left to decide."""
        proposal = self.get_object(request, str(object_id))
        if proposal is None or not self.has_change_permission(request, proposal):
            return []
        return super().get_actions_submit_line(request, object_id)

    @action(description="Approve", attrs={"name": APPROVE}, variant=ActionVariant.PRIMARY)
    def approve(self, request: HttpRequest, obj: models.Model) -> None:
        """The buttons only; `save_model` does it."""

    @action(description="Approve into the draft", attrs={"name": DRAFT})
    def approve_into_draft(self, request: HttpRequest, obj: models.Model) -> None: ...

    @action(description="Reject", attrs={"name": REJECT, "formnovalidate": "formnovalidate"})
    def reject(self, request: HttpRequest, obj: models.Model) -> None: ...

    def response_change(self, request: HttpRequest, obj: models.Model) -> HttpResponse:
        done = next((words for name, words in DONE.items() if name in request.POST), DONE[APPROVE])
        messages.success(request, done)
        return redirect("admin:AI_model_proposedentry_changelist")

    @admin.action(description="Reject the chosen proposals", permissions=["change"])
    def reject_chosen(self, request: HttpRequest, queryset: QuerySet[ProposedEntry]) -> None:
        user: Any = request.user
        if user.business is None:
            raise Http404
        ids = list(queryset.values_list("pk", flat=True))
        count = reject_proposals(business=user.business, ids=ids, user=user, via="page")
        messages.success(request, f"{count} rejected. Nothing like them is proposed again.")

    @display(description="State", label=COLOURS, ordering="state")
    def state_line(self, row: ProposedEntry) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description="Answer")
    def short_answer(self, row: ProposedEntry) -> str:
        return row.answer if len(row.answer) <= 90 else row.answer[:89] + "…"

    @display(description="Asked", ordering="asked")
    def asked_times(self, row: ProposedEntry) -> str:
        count = getattr(row, "asked", 0)
        return "once" if count == 1 else f"{count} times"

    @display(description="Becomes")
    def becomes(self, row: ProposedEntry) -> str:
        if row.entry is None:
            return "A new entry"
        return f"More phrasings of “{row.entry.question[:60]}”"

    @display(description="Other ways of asking")
    def phrasing_list(self, row: ProposedEntry) -> str:
        return "\n".join(row.phrasings) or "–"
