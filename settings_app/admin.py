"""Hours and retention in the admin. The pages of the knowledge are in modules of their own."""

from django.contrib import admin
from unfold.decorators import display

from accounts.admin_audit import AuditedAdmin
from core.admin import OnePerBusinessAdmin, ScopedForm, ScopedModelAdmin
from settings_app import admin_imports, admin_knowledge, admin_sources, admin_versions
from settings_app.models import BusinessHours, Holiday, Retention

__all__ = ["admin_imports", "admin_knowledge", "admin_sources", "admin_versions"]


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
