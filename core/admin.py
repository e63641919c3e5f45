"""The base of every admin page: rows of the own business for an owner, all rows for staff."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_celery_beat import admin as beat_admin
from django_celery_beat import models as beat
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget


class LinesField(forms.CharField):
    """A list of short texts, written one on each line."""

    def __init__(self, *, max_lines: int = 50, max_length: int = 500, **kwargs: Any) -> None:
        kwargs.setdefault("widget", UnfoldAdminTextareaWidget(attrs={"rows": 4}))
        super().__init__(**kwargs)
        self.max_lines, self.line_length = max_lines, max_length

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "")
        lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(lines) > self.max_lines:
            raise forms.ValidationError(f"At most {self.max_lines} lines; this has {len(lines)}.")
        if any(len(line) > self.line_length for line in lines):
            raise forms.ValidationError(
                f"Each line may have at most {self.line_length} characters."
            )
        return lines

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ScopedForm(forms.ModelForm):  # type: ignore[type-arg]
    """Fills in the business before any check, so that its UNIQUE rules are checked too."""

    owner_business_id: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.owner_business_id and self.instance._state.adding and has_business(self.instance):
            self.instance.business_id = self.owner_business_id

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"business"}


def has_business(row: models.Model) -> bool:
    return any(field.name == "business" for field in row._meta.fields)


class ScopedModelAdmin(ModelAdmin):
    """`owner_may` names what an owner may do with the rows of the own business."""

    owner_may: frozenset[str] = frozenset({"view", "add", "change", "delete"})
    business_lookup = "business_id"
    form = ScopedForm
    compressed_fields = False
    warn_unsaved_form = True
    list_filter_sheet = False
    view_on_site = False
    list_per_page = 50
    empty_words = ""
    """What will stand on the page once there are rows."""

    def may(self, request: HttpRequest, action: str) -> bool:
        user: Any = request.user
        return bool(user.is_superuser or (user.is_owner and action in self.owner_may))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "view")

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.may(request, "view") and self.owns(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.may(request, "change") and self.owns(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.may(request, "delete") and self.owns(request, obj)

    def owns(self, request: HttpRequest, obj: models.Model | None) -> bool:
        user: Any = request.user
        return obj is None or user.is_superuser or self.business_of(obj) == user.business_id

    def business_of(self, obj: models.Model) -> Any:
        return getattr(obj, self.business_lookup)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        user: Any = request.user
        return (
            rows if user.is_superuser else rows.filter(**{self.business_lookup: user.business_id})
        )

    def get_form(
        self,
        request: HttpRequest,
        obj: models.Model | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> "type[forms.ModelForm[Any]]":
        form = super().get_form(request, obj, change=change, **kwargs)
        user: Any = request.user
        business_id = None if user.is_superuser else user.business_id
        return type(form.__name__, (form,), {"owner_business_id": business_id})

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Sequence[Any]:
        return self.without_business(request, super().get_fields(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return [
            (name, options | {"fields": self.without_business(request, options["fields"])})
            for name, options in sets
        ]

    def without_business(self, request: HttpRequest, fields: Sequence[Any]) -> list[Any]:
        user: Any = request.user
        return [name for name in fields if user.is_superuser or name != "business"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return self.without_business(request, super().get_list_display(request))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return self.without_business(request, super().get_list_filter(request))

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> list[Any]:
        """A row never moves to another business."""
        fields = list(super().get_readonly_fields(request, obj))
        return [*fields, "business"] if obj is not None and has_business(obj) else fields

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        user: Any = request.user
        if not user.is_superuser:
            kwargs["queryset"] = self.own_rows(db_field.remote_field.model, user.business_id)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def own_rows(self, model: type[models.Model], business_id: str) -> QuerySet[Any]:
        names = {field.name for field in model._meta.fields}
        if "business" in names:
            return model._default_manager.filter(business_id=business_id)
        if model._meta.label == "accounts.Business":
            return model._default_manager.filter(pk=business_id)
        return model._default_manager.none()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the page offers as a filter: no guessing of fields that it doesn't show."""
        if request is None:
            return False
        offered = {
            item[0] if isinstance(item, tuple) else item for item in self.get_list_filter(request)
        }
        offered |= {self.date_hierarchy, "id"} - {None}
        return lookup.split("__")[0] in offered and super().lookup_allowed(lookup, value, request)


class OwnersModelAdmin(ScopedModelAdmin):
    """What only the owner of the business does, never somebody for them; staff may look."""

    def may(self, request: HttpRequest, action: str) -> bool:
        user: Any = request.user
        return (user.is_owner and action in self.owner_may) or (
            user.is_superuser and action == "view"
        )


class ReadOnlyModelAdmin(ScopedModelAdmin):
    """Rows that the product writes; nobody edits them by hand."""

    owner_may = frozenset({"view"})
    actions: Any = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class OnePerBusinessAdmin(ScopedModelAdmin):
    """One row a business: an owner goes straight to it."""

    owner_may = frozenset({"view", "add", "change"})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user: Any = request.user
        if user.is_superuser:
            page: HttpResponse = super().changelist_view(request, extra_context)
            return page
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        row = self.get_queryset(request).first()
        return redirect(f"{name}_change", row.pk) if row else redirect(f"{name}_add")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        context = {"show_save_and_continue": False} | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return super().has_add_permission(request) and (
            user.is_superuser or not self.get_queryset(request).exists()
        )

    def response_post_save_change(self, request: HttpRequest, obj: models.Model) -> HttpResponse:
        user: Any = request.user
        if user.is_superuser:
            page: HttpResponse = super().response_post_save_change(request, obj)
            return page
        return redirect(request.path)

    def response_post_save_add(self, request: HttpRequest, obj: models.Model) -> HttpResponse:
        return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))


class PlatformModelAdmin(ScopedModelAdmin):
    """For platform staff only."""

    owner_may = frozenset()


class BeatTaskWidget(UnfoldAdminSelectWidget, beat_admin.TaskSelectWidget):
    pass


class BeatTaskForm(beat_admin.PeriodicTaskForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regtask"].widget = BeatTaskWidget()


class PeriodicTaskAdmin(beat_admin.PeriodicTaskAdmin, ModelAdmin):
    form = BeatTaskForm


admin.site.register(beat.PeriodicTask, PeriodicTaskAdmin)
admin.site.register([beat.CrontabSchedule, beat.IntervalSchedule], ModelAdmin)
