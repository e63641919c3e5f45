"""What of the knowledge wants a look, in the admin."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import display

from AI_model.models import KnowledgeUpkeep
from AI_model.services.upkeep import ask_for_check, upkeep_of
from core.admin import ReadOnlyModelAdmin

PAGE = "admin:AI_model_knowledgeupkeep_changelist"
KINDS = {
    "contradiction": ("Contradictions", "No two entries contradict each other."),
    "duplicate": ("Duplicates", "No two entries ask the same."),
    "stale": ("Out of date", "Nothing is out of date."),
    "unused": ("Never used", "Every entry was used lately, or is new."),
    "one_phrasing": ("One phrasing only", "Every entry is asked for in several ways."),
}
PLACES = {"entry": "settings_app_knowledgeentry", "source": "settings_app_knowledgesource"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A tab of the page."""

    name: str
    title: str
    count: int
    address: str
    is_open: bool


@admin.register(KnowledgeUpkeep)
class KnowledgeUpkeepAdmin(ReadOnlyModelAdmin):
    list_display = ["business", "count_line", "version", "checked_at"]
    list_select_related = ["business"]
    fields = ["business", "count_line", "version", "checked_at"]

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.check_now))
        name = "AI_model_knowledgeupkeep_check"
        return [path("check/", view, name=name), *super().get_urls()]

    def check_now(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not user.is_owner or user.business is None:
            raise Http404
        ask_for_check(business=user.business)
        messages.success(request, "Checking. The findings are here within a minute.")
        return redirect(PAGE)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """An owner sees the findings; platform staff sees everybody's rows."""
        user: Any = request.user
        if user.is_superuser or not self.has_view_permission(request):
            rows: HttpResponse = super().changelist_view(request, extra_context)
            return rows
        row = upkeep_of(user)
        chosen = request.GET.get("kind", "")
        if chosen not in KINDS:
            chosen = next((kind for kind in KINDS if row.counts.get(kind)), "contradiction")
        context = admin.site.each_context(request) | {
            "title": "Upkeep",
            "upkeep": row,
            "kinds": [_kind(row, name, chosen) for name in KINDS],
            "nothing": KINDS[chosen][1],
            "findings": [_shown(one) for one in row.findings.get(chosen, [])],
            "left": max(0, row.counts.get(chosen, 0) - len(row.findings.get(chosen, []))),
        }
        return TemplateResponse(request, "AI_model/upkeep.html", context)

    @display(description="Findings")
    def count_line(self, row: KnowledgeUpkeep) -> str:
        words = [f"{KINDS[kind][0].lower()} {row.counts.get(kind, 0)}" for kind in KINDS]
        return ", ".join(words)


def _kind(row: KnowledgeUpkeep, name: str, chosen: str) -> Kind:
    address = f"{reverse(PAGE)}?kind={name}"
    return Kind(name, KINDS[name][0], row.counts.get(name, 0), address, name == chosen)


def _shown(finding: dict[str, Any]) -> dict[str, Any]:
    about = [one | {"address": _address(one)} for one in finding["about"]]
    return finding | {"about": about}


def _address(about: dict[str, str]) -> str:
    if about["kind"] == "prompts":
        return reverse("admin:settings_app_aiprompts_changelist")
    try:
        return reverse(f"admin:{PLACES[about['kind']]}_change", args=[about["id"]])
    except NoReverseMatch:
        return ""
