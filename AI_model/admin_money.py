"""Prices, and what calls to models took and cost, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from AI_model.models import ModelPrice, UsageDay, UsageRecord
from AI_model.money import to_dollars
from AI_model.providers.registry import PATHS
from core.admin import PlatformModelAdmin, ReadOnlyModelAdmin, ScopedForm

AMOUNTS = ("input", "output", "cached", "long_input_factor", "long_output_factor")


class PriceForm(ScopedForm):
    provider = forms.ChoiceField(
        choices=[(kind, kind) for kind in PATHS], widget=UnfoldAdminSelectWidget()
    )

    class Meta:
        model = ModelPrice
        fields = (
            "provider",
            "model",
            "input",
            "output",
            "cached",
            "long_from",
            "long_input_factor",
            "long_output_factor",
            "valid_from",
            "note",
        )
        labels = {
            "input": "Input ($ per million tokens)",
            "output": "Output ($ per million tokens)",
            "cached": "Cached input ($ per million tokens)",
            "long_from": "Long input from (tokens)",
            "long_input_factor": "Long input costs times",
            "long_output_factor": "Output costs then times",
        }
        help_texts = {"model": "Also holds for names that go on with a dash: gpt-6-luna-2026-09."}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        for name in AMOUNTS:
            if (found.get(name) or 0) < 0:
                self.add_error(name, "Give 0 or more.")
        return found


@admin.register(ModelPrice)
class ModelPriceAdmin(PlatformModelAdmin):
    """A price is never changed, since calls were made at it: add a new one instead."""

    form = PriceForm
    list_display = ["provider", "model", "input", "output", "cached", "valid_from", "note"]
    list_filter = ["provider"]
    search_fields = ["model"]
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelPrice]:
        """They belong to no business; who may look is asked before any is shown."""
        return ModelPrice.objects.all()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyModelAdmin):
    list_display = [
        "created_at",
        "purpose",
        "provider",
        "model",
        "tokens_in",
        "tokens_out",
        "cost",
        "milliseconds",
        "outcome",
        "business",
    ]
    list_filter = ["purpose", "provider", "outcome", "business"]
    list_select_related = ["business"]
    ordering = ["-created_at"]
    date_hierarchy = "created_at"
    exclude = ["run", "price", "money_nanos"]
    readonly_fields = ["cost", "price_list"]

    @display(description="Cost", ordering="money_nanos")
    def cost(self, call: UsageRecord) -> str:
        return "–" if call.money_nanos is None else in_dollars(call.money_nanos)

    @display(description="Price ($ per million tokens)")
    def price_list(self, call: UsageRecord) -> str:
        return str(call.price or "not known")


@admin.register(UsageDay)
class UsageDayAdmin(ReadOnlyModelAdmin):
    list_display = [
        "date",
        "purpose",
        "provider",
        "model",
        "user",
        "calls",
        "failed",
        "tokens_in",
        "tokens_out",
        "cost",
        "business",
    ]
    list_filter = ["purpose", "provider", "business"]
    list_select_related = ["business", "user"]
    ordering = ["-date", "-pk"]
    date_hierarchy = "date"
    exclude = ["money_nanos"]
    readonly_fields = ["cost"]

    @display(description="Cost", ordering="money_nanos")
    def cost(self, day: UsageDay) -> str:
        return in_dollars(day.money_nanos)


def in_dollars(nanos: int) -> str:
    """Calls cost hundredths of a cent."""
    return f"${to_dollars(nanos):,.6f}"
