"""Admin pages whose saves are logged, and the page that shows the log."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.decorators import display

from accounts.models import SettingChange
from accounts.services.audit import note_setting
from core.admin import ReadOnlyModelAdmin, ScopedModelAdmin, has_business

UNTOLD = frozenset({"id", "business", "updated_at", "created_at"})


class AuditedAdmin(ScopedModelAdmin):
    """Logs what a save changed in `audit_fields` (empty = all) of an `audit_subject`."""

    audit_subject = ""
    audit_fields: tuple[str, ...] = ()

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        obj = super().save_form(request, form, change)
        new = self.audited(type(obj)())
        rows = type(obj)._default_manager.filter(pk=obj.pk)
        form.before = rows.values(*new).first() or new if change else new
        return obj

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        user: Any = request.user
        if not self.audited_business(form.instance):
            return
        note_setting(
            business_id=self.audited_business(form.instance),
            user=user,
            via="page",
            subject=self.audit_subject,
            subject_id=str(form.instance.pk),
            before=form.before,
            after=self.audited(form.instance),
        )

    def audited(self, obj: models.Model) -> dict[str, Any]:
        names = self.audit_fields or {field.name for field in obj._meta.concrete_fields} - UNTOLD
        fields = [field for field in obj._meta.concrete_fields if field.name in names]
        return {field.name: field.value_from_object(obj) for field in fields}

    def audited_business(self, obj: models.Model) -> str:
        """Empty for platform staff's own rows."""
        return str(getattr(obj, "business_id", None) or "") if has_business(obj) else str(obj.pk)


@admin.register(SettingChange)
class SettingChangeAdmin(ReadOnlyModelAdmin):
    list_display = ["at", "who", "via", "subject", "field", "was", "became", "business"]
    list_filter = ["subject", "via", "business"]
    list_select_related = ["business", "user"]
    search_fields = ["field"]
    date_hierarchy = "at"
    fields = ["business", "at", "who", "via", "subject", "subject_id", "field", "before", "after"]

    @display(description="Who")
    def who(self, change: SettingChange) -> str:
        return change.user.display_name if change.user else "–"

    @display(description="Before")
    def was(self, change: SettingChange) -> str:
        return shown(change.before)

    @display(description="After")
    def became(self, change: SettingChange) -> str:
        return shown(change.after)


def shown(value: Any) -> str:
    text = "–" if value in (None, "", [], {}) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
