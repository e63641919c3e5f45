"""The state of each business's index, in the admin."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from unfold.decorators import display

from AI_model.models import KnowledgeIndex
from core.admin import ReadOnlyModelAdmin

COUNTED = {"entries": "entries", "passages": "passages of texts"}
COLOURS = {"ready": "success", "due": "info", "being built": "info", "failed": "danger"}


@admin.register(KnowledgeIndex)
class KnowledgeIndexAdmin(ReadOnlyModelAdmin):
    list_display = ["state", "holds_version", "bytes", "count_list", "built_at", "business"]
    list_filter = ["business"]
    list_select_related = ["business"]
    ordering = ["-built_at"]
    fields = [
        "business",
        "state",
        "problem",
        "holds_version",
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

    @display(description="Version of the knowledge", ordering="version")
    def holds_version(self, row: KnowledgeIndex) -> str:
        newer = row.wanted > row.version
        return f"{row.version}, {row.wanted} is due" if newer else str(row.version)

    @display(description="Size", ordering="size")
    def bytes(self, row: KnowledgeIndex) -> str:
        return filesizeformat(row.size)

    @display(description="Holds")
    def count_list(self, row: KnowledgeIndex) -> str:
        facts = row.facts
        words = [f"{facts[name]:,} {what}" for name, what in COUNTED.items() if name in facts]
        if languages := facts.get("languages"):
            words.append("in " + " ".join(languages))
        if progress := facts.get("progress"):
            words.append(f"{progress.get('done', 0):,} of {progress.get('total', 0):,} texts read")
        return ", ".join(words) or "–"
