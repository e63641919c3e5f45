"""`/insights/`: how well the business's customers are served, and what it costs."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Business
from accounts.permissions import Forbidden
from AI_model.insights.charts import KINDS, bars, busiest, shade_hours, stack_days
from AI_model.insights.period import CHOICES, Period, read_period
from AI_model.insights.words import ENDINGS, title_of
from AI_model.services.budgets import budget_states
from AI_model.services.figures import analytics_of
from AI_model.services.metrics import episodes_of
from core.lib.errors import DomainError
from messaging.inbox.edge import InboxRequest, inbox_view

PAGE = 50


@require_GET
@inbox_view
def insights(request: InboxRequest) -> HttpResponse:
    business = business_of(request)
    period = read_period(business, request.GET.get("days", ""))
    figures = analytics_of(business=business, first=period.first, last=period.last)
    context = shapes_of(figures) | {"period": period, "choices": CHOICES, "figures": figures}
    return render(request, "insights/page.html", context | {"budgets": budget_states(business)})


@require_GET
@inbox_view
def conversations(request: InboxRequest) -> HttpResponse:
    """The conversations that make one of the figures."""
    business = business_of(request)
    period = read_period(business, request.GET.get("days", ""))
    metric = request.GET.get("metric", "conversations")
    context: dict[str, Any] = {"period": period, "metric": metric, "title": title_of(metric)}
    try:
        return render(
            request,
            "insights/conversations.html",
            context | _listed(business, period, metric, request),
        )
    except DomainError as error:
        return render(
            request, "insights/conversations.html", context | {"error": error}, status=error.status
        )


def _listed(
    business: Business, period: Period, metric: str, request: InboxRequest
) -> dict[str, Any]:
    found = episodes_of(business=business, metric=metric, first=period.first, last=period.last)
    page = Paginator(found.select_related("conversation__customer"), PAGE)
    return {"page": page.get_page(request.GET.get("page"))}


def business_of(request: InboxRequest) -> Business:
    if request.user.business is None:
        raise Forbidden("This is for people who work for a business.")
    return request.user.business


def shapes_of(figures: dict[str, Any]) -> dict[str, Any]:
    """What the page draws of the figures."""
    totals = figures["totals"]
    hours = shade_hours(figures["busiest_hours"])
    reasons = sorted(totals["handed_over"]["by_reason"].items(), key=lambda item: -item[1])
    return {
        "totals": totals,
        "as_of": _moment(figures["as_of"]),
        "chart": stack_days(figures["days"]),
        "answered": bars({kind: totals["answered_by"][kind] for kind in KINDS}),
        "endings": bars({ending: totals["resolution"][ending] for ending in ENDINGS}),
        "reasons": bars(dict(reasons)),
        "hours": hours,
        "busiest": busiest(hours),
    }


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
