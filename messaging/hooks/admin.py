"""Webhooks in the admin: addresses, secrets shown once, and what became of each delivery."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from core.admin import OwnersModelAdmin, ReadOnlyModelAdmin, ScopedForm
from core.admin_secret import secret_page
from core.lib.errors import DomainError
from messaging.hooks import services
from messaging.hooks.events import EVENTS
from messaging.models import WebhookDelivery, WebhookEndpoint

State = WebhookDelivery.State
COLOURS = {"Works": "success", "Failing": "warning", "Off": "danger"}
STATE_COLOURS = {State.WAITING: "info", State.DELIVERED: "success", State.FAILED: "danger"}
LIST = "admin:messaging_webhookendpoint_changelist"
HINT = "Signatures are made with this secret; the receiver checks them with it."


class WebhookEndpointForm(ScopedForm):
    events = forms.MultipleChoiceField(
        choices=[(name, f"{name} – {what}") for name, what in EVENTS.items()],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        required=False,
        help_text="None chosen = all of them.",
    )
    problem = ""

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "description", "events", "is_active"]

    def clean_url(self) -> str:
        if self.problem:
            raise forms.ValidationError(self.problem)
        return str(self.cleaned_data["url"])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.instance._state.adding and services.is_full(self.owner_business_id or ""):
            raise forms.ValidationError(services.FULL)
        return given


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(OwnersModelAdmin):
    owner_may = frozenset({"view", "add", "change", "delete"})
    form = WebhookEndpointForm
    list_display = ["url", "description", "state", "disabled_reason", "created_at", "business"]
    list_filter = ["is_active", "business"]
    list_select_related = ["business"]
    search_fields = ["url", "description"]
    actions = ["test", "rotate"]
    readonly_fields = ["state", "disabled_reason", "failing_since"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return super().get_queryset(request).filter(deleted_at=None).defer("secrets")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = ["url", "description", "events", "is_active"]
        state = ["state", "disabled_reason", "failing_since"]
        return (
            fields if obj is None else self.without_business(request, ["business", *fields, *state])
        )

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
        url = request.POST.get("url", "")
        known = self.get_object(request, unquote(object_id)) if object_id else None
        allowed = self.has_change_permission(request) and self.has_add_permission(request)
        if url and allowed and (known is None or known.url != url):
            request.address_problem = _address_problem(url)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        user: Any = request.user
        if change:
            before = WebhookEndpoint.objects.defer("secrets").get(pk=obj.pk)
            services.store_changes(user=user, endpoint=before, via="page", **form.cleaned_data)
            return
        _, secret = services.store_endpoint(user=user, endpoint=obj, via="page")
        request.fresh_secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        return _secret_page(request, obj, request.fresh_secret)  # type: ignore[attr-defined]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its log goes with it, though nobody may delete a delivery by hand."""
        named = [str(endpoint) for endpoint in objs]
        return named, {"webhooks": len(named)}, set(), []

    def delete_model(self, request: HttpRequest, obj: WebhookEndpoint) -> None:
        user: Any = request.user
        services.delete_endpoint(user=user, endpoint=obj, via="page")

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[WebhookEndpoint]") -> None:
        for endpoint in queryset:
            self.delete_model(request, endpoint)

    @admin.action(description="Send a test", permissions=["change"])
    def test(self, request: HttpRequest, chosen: "QuerySet[WebhookEndpoint]") -> None:
        user: Any = request.user
        for endpoint in chosen:
            try:
                services.send_test(user=user, endpoint=endpoint)
                messages.success(request, f"{endpoint}: a test is on its way. See the deliveries.")
            except DomainError as error:
                messages.warning(request, f"{endpoint}: {error.detail}")

    @admin.action(description="Make a new secret", permissions=["change"])
    def rotate(
        self, request: HttpRequest, chosen: "QuerySet[WebhookEndpoint]"
    ) -> HttpResponse | None:
        user: Any = request.user
        if chosen.count() != 1:
            messages.warning(request, "Choose one webhook: its new secret is shown once.")
            return None
        endpoint, secret = services.rotate_secret(user=user, endpoint=chosen.get(), via="page")
        return _secret_page(request, endpoint, secret)

    @display(description="State", label=COLOURS)
    def state(self, endpoint: WebhookEndpoint) -> str:
        if not endpoint.is_active:
            return "Off"
        return "Failing" if endpoint.failing_since else "Works"


def _address_problem(url: str) -> str:
    try:
        services.check_address(url)
    except DomainError as error:
        return error.fields["url"][0]
    return ""


def _secret_page(request: HttpRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    title = f"Secret of {endpoint}"
    return secret_page(request, title=title, secret=secret, then=reverse(LIST), hint=HINT)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyModelAdmin):
    owner_may = frozenset({"view", "resend"})
    list_display = ["created_at", "event", "outcome", "attempts", "last_problem", "to", "business"]
    list_filter = ["state", "event", "business"]
    list_select_related = ["endpoint", "business"]
    search_fields = ["id"]
    actions = ["send_again"]
    fields = [
        *("business", "id", "event", "to", "state", "attempts", "due_at", "created_at"),
        *("delivered_at", "tries", "sent"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return super().get_queryset(request).defer("endpoint__secrets")

    def has_resend_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return self.may(request, "resend") and not user.is_superuser

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, chosen: "QuerySet[WebhookDelivery]") -> None:
        user: Any = request.user
        for delivery in chosen:
            try:
                services.resend_delivery(user=user, delivery=delivery)
                messages.success(request, f"{delivery}: on its way again.")
            except DomainError as error:
                messages.warning(request, f"{delivery}: {error.detail}")

    @display(description="State", ordering="state", label=STATE_COLOURS)
    def outcome(self, delivery: WebhookDelivery) -> tuple[str, str]:
        return delivery.state, str(delivery.get_state_display())

    @display(description="Last problem")
    def last_problem(self, delivery: WebhookDelivery) -> str:
        return str(delivery.log[-1]["problem"]) if delivery.log else ""

    @display(description="To")
    def to(self, delivery: WebhookDelivery) -> str:
        return str(delivery.endpoint)

    @display(description="Tries")
    def tries(self, delivery: WebhookDelivery) -> SafeString:
        rows = [
            (one["at"], one["status"] or "no answer", one["ms"] or "–", one["problem"])
            for one in delivery.log
        ]
        return format_html_join(SafeString("<br>"), "{} · {} · {} ms · {}", rows)

    @display(description="What was sent")
    def sent(self, delivery: WebhookDelivery) -> SafeString:
        return format_html('<pre class="deskbell-raw">{}</pre>', delivery.body)
