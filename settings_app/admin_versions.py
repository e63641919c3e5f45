"""The versions of the knowledge and its draft in the admin."""

from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import action, display

from core.admin import ReadOnlyModelAdmin
from core.lib.decoding import clean_text
from core.lib.errors import DomainError
from settings_app import history
from settings_app.drafts import discard_draft, draft_changes, drop_draft
from settings_app.models import KnowledgeDraft, KnowledgeVersion
from settings_app.presentation import readable_changes
from settings_app.services import publish_knowledge, roll_back_knowledge

SHOWN = 100
DRAFT_PAGE = "admin:settings_app_knowledgedraft_changelist"
STYLES = {"all": ["settings_app/knowledge.css"]}


@admin.register(KnowledgeVersion)
class KnowledgeVersionAdmin(ReadOnlyModelAdmin):
    list_display = ["number", "created_at", "who", "via", "what", "summary", "business"]
    list_filter = ["via", "business"]
    list_select_related = ["business", "user"]
    date_hierarchy = "created_at"
    fields = ["business", "number", "created_at", "who", "via", "what", "summary"]
    actions_detail = ["go_back"]
    change_form_outer_after_template = "settings_app/version_changes.html"

    class Media:
        css = STYLES

    def get_queryset(self, request: HttpRequest) -> QuerySet[KnowledgeVersion]:
        return history.with_prompts_before(super().get_queryset(request))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        version = self.get_object(request, object_id) if object_id else None
        context = {"title": str(version).capitalize()} if version else {}
        if version is not None:
            prompts, rows = history.prompts_changes(version), history.changes_in(version)
            changes = readable_changes([*prompts, *rows[: SHOWN - len(prompts)]])
            context |= {"changes": changes, "count": len(prompts) + rows.count()}  # type: ignore[dict-item]
        context |= extra_context or {}
        return super().changeform_view(request, object_id, form_url, context)

    @action(description="Go back to this version", url_path="roll-back")
    def go_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        version = self.get_object(request, object_id)
        if version is None or not self.has_view_permission(request, version):
            raise Http404
        here = reverse("admin:settings_app_knowledgeversion_change", args=[object_id])
        if request.method == "POST":
            return self._roll_back(request, version, here)
        context = admin.site.each_context(request) | {
            "title": f"Go back to version {version.number}",
            "version": version,
            "cancel": here,
        }
        return TemplateResponse(request, "settings_app/roll_back.html", context)

    def _roll_back(
        self, request: HttpRequest, version: KnowledgeVersion, here: str
    ) -> HttpResponse:
        user: Any = request.user
        try:
            number = roll_back_knowledge(
                business=version.business, user=user, version=version.number, via="page"
            )
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect(here)
        messages.success(
            request, f"Version {number} is what version {version.number} was. Answers follow it."
        )
        return redirect("admin:settings_app_knowledgeversion_changelist")

    @display(description="Who")
    def who(self, version: KnowledgeVersion) -> str:
        return version.user.display_name if version.user else "–"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """All counts of the page at once."""
        page = super().get_changelist_instance(request)
        rows = sorted(page.result_list, key=lambda version: str(version.business_id))
        for _, versions in groupby(rows, key=lambda version: version.business_id):
            shown = list(versions)
            counts = history.counts_of(shown)
            for version in shown:
                version.counts = counts.get(version.number, {})
        return page

    @display(description="Changes")
    def what(self, version: KnowledgeVersion) -> str:
        counts = getattr(version, "counts", None)
        if counts is None:
            counts = history.counts_of([version]).get(version.number, {})
        words = [f"{count} {name}" for name, count in counts.items() if count]
        if history.has_new_prompts(version):
            words.append("prompts")
        return ", ".join(words) or "–"


@admin.register(KnowledgeDraft)
class KnowledgeDraftAdmin(ReadOnlyModelAdmin):
    list_display = ["kind", "object_id", "user", "updated_at", "business"]
    list_filter = ["kind", "business"]
    list_select_related = ["business", "user"]
    fields = ["business", "kind", "object_id", "state", "user", "updated_at"]

    def get_urls(self) -> list[URLPattern]:
        own = {"publish": self.publish, "discard": self.discard, "drop": self.drop}
        name = "settings_app_knowledgedraft"
        return [
            *(
                path(
                    f"{word}/",
                    require_POST(self.admin_site.admin_view(view)),
                    name=f"{name}_{word}",
                )
                for word, view in own.items()
            ),
            *super().get_urls(),
        ]

    def publish(self, request: HttpRequest) -> HttpResponse:
        return self._do(request, publish_knowledge, "Published. Answers follow it now.")

    def discard(self, request: HttpRequest) -> HttpResponse:
        return self._do(request, discard_draft, "The draft is forgotten.")

    def drop(self, request: HttpRequest) -> HttpResponse:
        """Forget one change of the draft, and leave the others."""
        kind, object_id = (clean_text(request.POST.get(name, "")) for name in ("kind", "id"))
        service = partial(drop_draft, kind=kind, object_id=object_id)
        return self._do(request, service, "That change is forgotten.")

    def _do(self, request: HttpRequest, service: Callable[..., object], done: str) -> HttpResponse:
        user: Any = request.user
        if user.business is None:
            raise Http404
        try:
            service(business=user.business, user=user, via="page")
            messages.success(request, done)
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect(DRAFT_PAGE)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An owner sees what a publish would change; platform staff sees everybody's rows."""
        user: Any = request.user
        if user.is_superuser:
            rows: HttpResponse = super().changelist_view(request, extra_context)
            return rows
        changes = draft_changes(user.business_id)
        context = admin.site.each_context(request) | {
            "title": "Draft",
            "changes": readable_changes(changes[:SHOWN]),
            "count": len(changes),
        }
        return TemplateResponse(request, "settings_app/draft.html", context)
