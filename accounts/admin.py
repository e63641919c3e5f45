"""Businesses and people in the admin."""

from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UsernameField
from django.db import models, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget

from accounts.admin_audit import AuditedAdmin
from accounts.admin_keys import ApiKeyAdmin
from accounts.models import Business, User
from accounts.services import end_all_families
from accounts.signals import member_removed
from core.admin import OnePerBusinessAdmin, ScopedForm

__all__ = ["ApiKeyAdmin", "BusinessAdmin", "UserAdmin"]


def timezone_choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones())]


@admin.register(Business)
class BusinessAdmin(AuditedAdmin, OnePerBusinessAdmin):
    audit_subject = "business"
    business_lookup = "id"
    owner_may = frozenset({"view", "change"})
    list_display = ["name", "timezone", "created_at"]
    search_fields = ["name", "id"]
    fields = ["name", "timezone"]

    def business_of(self, obj: models.Model) -> Any:
        return obj.pk

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name != "timezone":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return forms.ChoiceField(
            choices=timezone_choices,
            initial="UTC",
            widget=UnfoldAdminSelectWidget(),
            help_text="Business hours and days are counted in this zone.",
        )


class PersonCreationForm(UserCreationForm, ScopedForm):
    class Meta:
        model = User
        fields = ["username", "email"]


class PersonChangeForm(ScopedForm):
    """Django's own would show a part of the password's hash."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes = {"username": UsernameField}


PERSON = ["username", "first_name", "last_name", "email", "set_password"]
WORK = ["business", "role", "default_reply_handler", "is_active"]


@admin.register(User)
class UserAdmin(AuditedAdmin, DjangoUserAdmin):  # type: ignore[misc, type-arg]
    audit_subject = "member"
    audit_fields = ("role", "default_reply_handler", "is_active")
    owner_may = frozenset({"view", "add", "change"})
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = [
        "username",
        "display_name",
        "role",
        "default_reply_handler",
        "active",
        "business",
    ]
    list_filter = ["role", "default_reply_handler", "is_active", "business"]
    search_fields = ["username", "first_name", "last_name", "email"]
    list_select_related = ["business"]
    ordering = ["username"]
    filter_horizontal = []
    readonly_fields = ["set_password", "last_login", "date_joined"]
    fieldsets: ClassVar[Any] = [
        (None, {"fields": PERSON}),
        ("Work", {"fields": WORK}),
        ("Platform", {"fields": ["is_superuser"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets: Any = [
        (None, {"fields": ["business", "username", "email", "password1", "password2"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        sets = self.fieldsets if obj else self.add_fieldsets
        if request.user.is_superuser:
            return sets
        own = [(name, options["fields"]) for name, options in sets if name != "Platform"]
        return [(name, {"fields": self.without_business(request, fields)}) for name, fields in own]

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Model | None = None
    ) -> list[Any]:
        fields = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return fields
        # The owner stays the owner, and can't lock themselves out.
        own = ["is_active"] if isinstance(obj, User) and obj.is_owner else []
        return [*fields, "role", *own]

    @display(description="Name")
    def display_name(self, user: User) -> str:
        return user.display_name

    @display(description="Active", boolean=True, ordering="is_active")
    def active(self, user: User) -> bool:
        return user.is_active

    @display(description="Password")
    def set_password(self, user: User) -> str:
        if not user.pk:
            return "–"
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html(
            '<a class="text-primary-600 underline" href="{}">Set a new password</a>', url
        )

    def save_model(
        self, request: HttpRequest, obj: User, form: "forms.ModelForm[Any]", change: bool
    ) -> None:
        """Whoever is switched off loses every log-in at once."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if change and "is_active" in form.changed_data and not obj.is_active:
                end_all_families(user=obj)
                member_removed.send(sender=User, user=obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        answer = super().user_change_password(request, id, form_url)
        user = self.get_object(request, id)
        if request.method == "POST" and answer.status_code == 302 and user is not None:
            end_all_families(user=user)
        return answer
