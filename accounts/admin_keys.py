"""API keys in the admin: making one shows it once, revoking ends it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import ApiKey
from accounts.services.keys import check_new_key, make_key, revoke_key
from core.admin import OwnersModelAdmin, ScopedForm
from core.admin_secret import secret_page
from core.lib.errors import DomainError
from core.lib.scopes import SCOPES

COLOURS = {"Works": "success", "Revoked": "danger", "Expired": "warning"}


class ApiKeyForm(ScopedForm):
    scopes = forms.MultipleChoiceField(
        choices=[(name, f"{name} – {what}") for name, what in SCOPES.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text="What the key may do. It acts for you and can't do more than you.",
    )
    owner: Any = None

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "expires_at"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                check_new_key(user=self.owner, **given)
            except DomainError as error:
                problems = {field: list(told) for field, told in error.fields.items()}
                raise forms.ValidationError(problems or error.detail) from error
        return given


@admin.register(ApiKey)
class ApiKeyAdmin(OwnersModelAdmin):
    owner_may = frozenset({"view", "add", "revoke"})
    form = ApiKeyForm
    list_display = ["name", "start", "state", "who", "last_used_at", "expires_at", "business"]
    list_filter = ["business"]
    list_select_related = ["user", "business"]
    search_fields = ["name", "start"]
    actions = ["revoke"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.owner = request.user  # type: ignore[attr-defined]
        return form

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[Any]:
        if obj is None:
            return ["name", "scopes", "expires_at"]
        dates = ["created_at", "last_used_at", "expires_at", "revoked_at"]
        return self.without_business(
            request, ["business", "name", "start", "state", "who", "scope_lines", *dates]
        )

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "revoke")

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        user: Any = request.user
        key, secret = make_key(user=user, via="page", **form.cleaned_data)
        obj.pk, obj.start = key.pk, key.start
        obj._state.adding = False
        request.fresh_secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        return secret_page(
            request,
            title=f"API key “{obj.name}”",
            secret=request.fresh_secret,  # type: ignore[attr-defined]
            then=reverse("admin:accounts_apikey_changelist"),
            hint="Programs send it as “Authorization: Bearer …”.",
        )

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, chosen: "QuerySet[ApiKey]") -> None:
        user: Any = request.user
        for key in chosen:
            revoke_key(user=user, key=key, via="page")
        self.message_user(request, "Revoked. From now on they open nothing.")

    @display(description="State", label=COLOURS)
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "Revoked"
        return "Expired" if key.is_expired else "Works"

    @display(description="Acts for")
    def who(self, key: ApiKey) -> str:
        return key.user.display_name

    @display(description="May")
    def scope_lines(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)
