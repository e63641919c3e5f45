"""What every inbox view stands behind: a log-in, no caching, and refusals in plain words."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from accounts.models import User
from core.lib.errors import DomainError, NotFound


class InboxRequest(HttpRequest):
    """A request as the inbox sees it after the middleware and the log-in."""

    user: User
    htmx: HtmxDetails


def inbox_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Log-in first; a part of a page never stands in for the page in the browser's cache."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        ours = cast(InboxRequest, request)
        if not request.user.is_authenticated:
            return _log_in_first(ours)
        try:
            return view(ours, *args, **kwargs)
        except DomainError as error:
            return refusal(ours, error)

    return never_cache(guarded)


def _log_in_first(request: InboxRequest) -> HttpResponse:
    # A redirect would look like success to the script, which would then drop what was typed.
    if request.htmx:
        detail = "You were logged out. Log in again in another window; what you typed stays here."
        return JsonResponse({"detail": detail, "code": "not_authenticated"}, status=401)
    return redirect_to_login(request.get_full_path())


def refusal(request: InboxRequest, error: DomainError) -> HttpResponse:
    """A sentence for the script of the page, or a page of its own without the script."""
    if request.htmx:
        return JsonResponse({"detail": error.detail, "code": error.code}, status=error.status)
    if isinstance(error, NotFound):
        raise Http404(error.detail) from error
    return render(request, "inbox/refusal.html", {"error": error}, status=error.status)
