"""A business's own endpoints and models in the admin: the key goes in and never comes out."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from AI_model.admin_config import checked
from AI_model.models import Endpoint, LanguageModel
from AI_model.services import endpoints as services
from AI_model.services.endpoint_tests import try_endpoint
from AI_model.services.models import key_of, names_taken
from core.admin import OwnersModelAdmin, ScopedForm
from core.lib.crypto import masked
from core.lib.errors import DomainError

STATES = {"Works": "success", "Fails": "danger", "Not tried": "info"}


class LimitedForm(ScopedForm):
    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        adding = self.instance._state.adding
        problem = services.no_room(type(self.instance), business_id=self.owner_business_id or "")
        if adding and problem:
            raise forms.ValidationError(problem)
        return given


class EndpointForm(LimitedForm):
    base_url = forms.CharField(
        required=False,
        max_length=500,
        label="Base URL",
        help_text="With /v1 for OpenAI and compatible servers, without a version for Anthropic and "
        "Gemini. Empty = the vendor's own.",
    )
    api_key = forms.CharField(
        required=False,
        max_length=500,
        label="API key",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Empty = as it is. Enter it again when you change the address.",
    )
    problem = ""

    class Meta:
        model = Endpoint
        fields = ["name", "kind", "base_url", "enabled"]

    def clean_api_key(self) -> str:
        return checked(str(self.cleaned_data["api_key"] or ""), services.key_problem)

    def clean_base_url(self) -> str:
        if self.problem:
            raise forms.ValidationError(self.problem)
        return str(self.cleaned_data["base_url"])


@admin.register(Endpoint)
class EndpointAdmin(OwnersModelAdmin):
    form = EndpointForm
    list_display = ["name", "kind", "base_url", "enabled", "state", "business"]
    list_filter = ["kind", "enabled", "business"]
    list_select_related = ["business"]
    search_fields = ["name"]
    actions = ["try_them"]
    readonly_fields = ["key_shown", "state", "told"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        return super().get_queryset(request).defer("secrets")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = ["name", "kind", "base_url", "api_key", "enabled"]
        if obj is None:
            return fields
        if not self.has_change_permission(request, obj):
            fields.remove("api_key")
        return self.without_business(request, ["business", *fields, "key_shown", "state", "told"])

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.problem = getattr(request, "address_problem", "")
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """The address is looked up before Django opens its transaction around the saving."""
        if request.method == "POST" and self.has_add_permission(request):
            known = self.get_object(request, unquote(object_id)) if object_id else None
            request.address_problem = _address_problem(request, known)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        user: Any = request.user
        given = dict(form.cleaned_data)
        if not given.get("api_key"):
            given.pop("api_key", None)
        if change:
            before = Endpoint.objects.defer("secrets").get(pk=obj.pk)
            services.change_endpoint(user=user, endpoint=before, via="page", **given)
            return
        obj.pk = services.add_endpoint(user=user, via="page", **given).pk

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        user: Any = request.user
        services.delete_endpoint(user=user, endpoint=obj, via="page")

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Endpoint]") -> None:
        for endpoint in queryset:
            self.delete_model(request, endpoint)

    @admin.action(description="Test", permissions=["change"])
    def try_them(self, request: HttpRequest, chosen: "QuerySet[Endpoint]") -> None:
        user: Any = request.user
        for endpoint in chosen:
            try:
                result = try_endpoint(endpoint=endpoint, user=user)
            except DomainError as error:
                messages.warning(request, f"{endpoint}: {error.detail}")
                continue
            tell = messages.success if result["ok"] else messages.warning
            tell(request, f"{endpoint}: {result['detail']}")

    @display(description="State", label=STATES)
    def state(self, endpoint: Endpoint) -> str:
        if endpoint.last_test is None:
            return "Not tried"
        return "Works" if endpoint.last_test.get("ok") else "Fails"

    @display(description="Last test")
    def told(self, endpoint: Endpoint) -> str:
        return str((endpoint.last_test or {}).get("detail", "–"))

    @display(description="Key")
    def key_shown(self, endpoint: Endpoint) -> str:
        key = key_of(endpoint)
        return masked(key) if key else "none"


class LanguageModelForm(LimitedForm):
    class Meta:
        model = LanguageModel
        fields = [
            *("endpoint", "name", "model_id", "temperature", "max_tokens", "context_tokens"),
            "enabled",
        ]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if name in names_taken():
            raise forms.ValidationError("The operator has a model of this name.")
        return name


@admin.register(LanguageModel)
class LanguageModelAdmin(OwnersModelAdmin):
    form = LanguageModelForm
    list_display = ["name", "model_id", "endpoint", "enabled", "business"]
    list_filter = ["enabled", "business"]
    list_select_related = ["endpoint", "business"]
    search_fields = ["name", "model_id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LanguageModel]:
        return super().get_queryset(request).defer("endpoint__secrets")

    def own_rows(self, model: type[Model], business_id: str) -> QuerySet[Any]:
        rows = super().own_rows(model, business_id)
        return rows.defer("secrets") if model is Endpoint else rows

    def save_model(self, request: HttpRequest, obj: LanguageModel, form: Any, change: bool) -> None:
        user: Any = request.user
        given = dict(form.cleaned_data)
        if change:
            row = LanguageModel.objects.get(pk=obj.pk)
            services.change_model(user=user, row=row, via="page", **given)
            return
        obj.pk = services.add_model(user=user, via="page", **given).pk

    def delete_model(self, request: HttpRequest, obj: LanguageModel) -> None:
        user: Any = request.user
        services.delete_model(user=user, row=obj, via="page")

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[LanguageModel]") -> None:
        for row in queryset:
            self.delete_model(request, row)


def _address_problem(request: HttpRequest, known: Endpoint | None) -> str:
    kind, given = request.POST.get("kind", ""), request.POST.get("base_url", "")
    if kind not in Endpoint.Kind.values or (
        known and (known.kind, known.base_url) == (kind, given)
    ):
        return ""
    try:
        services.checked_address(kind=kind, base_url=given)
    except DomainError as error:
        return error.detail.partition(": ")[2] or error.detail
    return ""
