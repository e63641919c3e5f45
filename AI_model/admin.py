"""The AI's settings, its runs and what they cost, in the admin."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.admin_audit import AuditedAdmin
from AI_model import (  # noqa: F401  # register their pages
    admin_endpoints,
    admin_indexes,
    admin_learning,
    admin_money,
    admin_replays,
    admin_upkeep,
)
from AI_model.admin_config import BUDGET_FIELDS, BUDGET_HINT, ConfigForm
from AI_model.models import AIModelConfig, AIRun, DailyAnalytics
from AI_model.obstacles import ai_obstacles
from AI_model.services.calibration import calibration_words
from core.admin import OnePerBusinessAdmin, ReadOnlyModelAdmin

OUTCOME_COLOURS = {
    AIRun.Outcome.ANSWERED: "success",
    AIRun.Outcome.OFFERED: "info",
    AIRun.Outcome.DRAFTED: "success",
    AIRun.Outcome.HANDED_OVER: "warning",
}


@admin.register(AIModelConfig)
class AIModelConfigAdmin(AuditedAdmin, OnePerBusinessAdmin):
    audit_subject = "ai config"
    form = ConfigForm
    list_display = ["business", "auto_response_enabled", "mode", "model_name", "updated_at"]
    list_filter = ["auto_response_enabled", "mode"]
    search_fields = ["business__name"]
    list_select_related = ["business"]
    readonly_fields = ["state", "learnt"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "business",
                    "state",
                    "auto_response_enabled",
                    "mode",
                    "business_hours_only",
                ]
            },
        ),
        ("Model", {"fields": ["model_name", "temperature", "max_tokens"]}),
        (
            "When to answer",
            {"fields": ["grounding", "caution", "learnt", "offer_choices", "check_with_model"]},
        ),
        ("How to answer", {"fields": ["tone", "answer_length", "languages", "read_media"]}),
        ("Publishing", {"fields": ["replay_before_publishing"]}),
        ("Pace and limits", {"fields": ["quiet_period_ms", "max_turns"]}),
        (
            "Handing over",
            {
                "fields": [
                    "handover_text",
                    "out_of_hours_text",
                    "texts",
                    "return_to_ai_after_minutes",
                ]
            },
        ),
        ("Budgets", {"fields": BUDGET_FIELDS, "description": BUDGET_HINT}),
    ]

    @display(description="State")
    def state(self, config: AIModelConfig) -> str | SafeString:
        obstacles = ai_obstacles(config.business_id) if config.business_id else []
        if not obstacles:
            return "The AI can answer."
        items = format_html_join("", "<li>{}</li>", ((line,) for line in obstacles))
        return format_html("<ul>{}</ul>", items)

    @display(description="Learnt from judged answers")
    def learnt(self, config: AIModelConfig) -> str:
        return calibration_words(config)


@admin.register(AIRun)
class AIRunAdmin(ReadOnlyModelAdmin):
    list_display = [
        "started_at",
        "result",
        "reason",
        "model",
        "tokens_in",
        "tokens_out",
        "took",
        "business",
    ]
    list_filter = ["outcome", "provider", "business"]
    search_fields = ["id", "conversation__id"]
    list_select_related = ["business"]
    ordering = ["-started_at"]
    date_hierarchy = "started_at"
    fields = [
        "business",
        "conversation",
        "message",
        "outcome",
        "reason",
        "passage_list",
        "prompts_version",
        "knowledge_version",
        "provider",
        "model",
        "tokens_in",
        "tokens_out",
        "timing_list",
        "started_at",
        "finished_at",
    ]

    @display(description="Outcome", ordering="outcome", label=OUTCOME_COLOURS)
    def result(self, run: AIRun) -> tuple[str, str]:
        return run.outcome, str(run.get_outcome_display())

    @display(description="Took")
    def took(self, run: AIRun) -> str:
        if run.finished_at is None:
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():.2f} s"

    @display(description="Looked at")
    def passage_list(self, run: AIRun) -> str | SafeString:
        lines = (
            (str(item.get("title", item)), score_of(item))
            for item in run.passages
            if isinstance(item, dict)
        )
        items = format_html_join("", "<li>{} {}</li>", lines)
        return format_html("<ul>{}</ul>", items) if items else "nothing"

    @display(description="Milliseconds")
    def timing_list(self, run: AIRun) -> str:
        return ", ".join(f"{step} {value}" for step, value in run.timings.items()) or "–"


def score_of(passage: dict[str, Any]) -> str:
    score = passage.get("score")
    return f"({score:.2f})" if isinstance(score, int | float) else ""


@admin.register(DailyAnalytics)
class DailyAnalyticsAdmin(ReadOnlyModelAdmin):
    list_display = ["date", "conversations", "by_ai", "by_people", "handed_over", "business"]
    list_filter = ["business"]
    list_select_related = ["business"]
    ordering = ["-date"]
    fields = ["business", "date", "count_list", "updated_at"]

    @display(description="New conversations")
    def conversations(self, day: DailyAnalytics) -> int:
        return int(day.counts.get("conversations", 0))

    @display(description="By AI alone")
    def by_ai(self, day: DailyAnalytics) -> int:
        return int(day.counts.get("answered_by", {}).get("ai", 0))

    @display(description="With people")
    def by_people(self, day: DailyAnalytics) -> int:
        answered_by = day.counts.get("answered_by", {})
        return int(answered_by.get("people", 0)) + int(answered_by.get("mixed", 0))

    @display(description="Handed over")
    def handed_over(self, day: DailyAnalytics) -> int:
        by_reason = day.counts.get("handed_over", {})
        return sum(by_reason.values()) if isinstance(by_reason, dict) else int(by_reason)

    @display(description="Counts")
    def count_list(self, day: DailyAnalytics) -> SafeString:
        shown = ("conversations", "answered_by", "resolution", "handed_over", "messages", "calls")
        lines = ((name.replace("_", " "), _words(day.counts.get(name, 0))) for name in shown)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", lines))


def _words(count: Any) -> Any:
    if not isinstance(count, dict):
        return count
    return ", ".join(f"{name} {number}" for name, number in count.items()) or 0
