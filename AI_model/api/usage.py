"""`/api/v1/ai/usage/…`: what calls to models took and cost."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from AI_model.api import usage_shapes as shapes
from AI_model.money import to_dollars
from AI_model.services import usage_figures
from AI_model.services.budgets import budget_states
from AI_model.services.usage_figures import Sums, Tally, UsageFigures
from core.lib.rest import ApiView
from messaging.api.conversations import MemberView

CURRENCY = "USD"
Form = dict[str, Any]


class IsPlatformStaff(BasePermission):
    message = "This is for platform staff only."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(getattr(request.user, "is_superuser", False))


class UsageStatsView(MemberView):
    scope_area = "usage"

    @extend_schema(
        operation_id="ai_usage_stats",
        parameters=[shapes.UsageQuery],
        responses=shapes.UsageStatsSerializer,
    )
    def get(self, request: Request) -> Response:
        """What calls to models took and cost in the last days, and how full the budgets are."""
        days = shapes.UsageQuery.read(request)["days"]
        business = self.me.business
        figures = usage_figures.usage_of(business=business, days=days)
        return Response(
            _form(figures) | {"timezone": business.timezone, "budgets": budget_states(business)}
        )


class UsageGlobalView(ApiView):
    permission_classes = (IsPlatformStaff,)
    scope_area = "usage"

    @extend_schema(
        operation_id="ai_usage_global",
        parameters=[shapes.UsageQuery],
        responses=shapes.UsageGlobalSerializer,
    )
    def get(self, request: Request) -> Response:
        """The same over all businesses, for platform staff."""
        days = shapes.UsageQuery.read(request)["days"]
        figures = usage_figures.usage_of_all(days=days)
        names = usage_figures.names_of_businesses(figures)
        businesses = [
            {"business": {"id": key, "name": names.get(key, "")}} | sums_form(sums)
            for (key,), sums in figures.by_business.items()
        ]
        return Response(_form(figures) | {"by_business": businesses})


def sums_form(sums: Sums) -> Form:
    counts = {name: value for name, value in sums.items() if name != "money_nanos"}
    return counts | {"money": to_dollars(sums["money_nanos"])}


def _form(figures: UsageFigures) -> Form:
    names = usage_figures.names_of_users(figures)
    users = [
        {"user": key and {"id": key, "username": names.get(key, "")}} | sums_form(sums)
        for (key,), sums in figures.by_user.items()
    ]
    return {
        "days": len(figures.span.days),
        "date_from": figures.span.first,
        "date_to": figures.span.last,
        "currency": CURRENCY,
        "totals": sums_form(figures.totals),
        "by_day": _list(figures.by_day, "date"),
        "by_model": _list(figures.by_model, "provider", "model"),
        "by_purpose": _list(figures.by_purpose, "purpose"),
        "by_user": users,
    }


def _list(tally: Tally, *names: str) -> list[Form]:
    return [dict(zip(names, key, strict=True)) | sums_form(sums) for key, sums in tally.items()]
