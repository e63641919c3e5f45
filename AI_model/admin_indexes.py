"""The state of each business's index, in the admin."""

from typing import Any

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from unfold.decorators import display

from AI_model.models import KnowledgeIndex
from core.admin import ReadOnlyModelAdmin

COLOURS = {"ready": "success", "due": "info", "being built": "info", "failed": "danger"}


@admin.register(KnowledgeIndex)
class KnowledgeIndexAdmin(ReadOnlyModelAdmin):
    list_display = ["state", "version", "wanted", "bytes", "count_list", "built_at", "business"]
    list_filter = ["business"]
    list_select_related = ["business"]
    ordering = ["-built_at"]
    fields = [
        "business",
        "state",
        "problem",
        "version",
        "wanted",
        "bytes",
        "count_list",
        "attempts",
        "due_at",
        "built_at",
    ]

    @display(description="State", label=COLOURS)
    def state(self, row: KnowledgeIndex) -> str:
        if row.claim_token:
            return "being built"
        if row.problem:
            return "failed"
        return "ready" if row.due_at is None else "due"

    @display(description="Size", ordering="size")
    def bytes(self, row: KnowledgeIndex) -> str:
        return filesizeformat(row.size)

    @display(description="Holds")
    def count_list(self, row: KnowledgeIndex) -> str:
        counts = {name: value for name, value in row.facts.items() if name != "parts"}
        return ", ".join(f"{name} {_words(value)}" for name, value in counts.items()) or "–"


def _words(value: Any) -> Any:
    if isinstance(value, dict):
        return f"{value.get('done', 0)} of {value.get('total', 0)}"
    return " ".join(value) if isinstance(value, list) else value
