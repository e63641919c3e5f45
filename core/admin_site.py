"""The admin site: platform staff sees all, an owner sees the own business, nobody else enters."""

from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

# The theme's Alpine.js evaluates expressions and writes style attributes; no inline script runs.
ADMIN_CSP = {
    "script-src": [SELF, UNSAFE_EVAL],
    "style-src": [SELF],
    "style-src-attr": [UNSAFE_INLINE],
}
# Tells by its error text whether an object of any business exists.
LEFT_OUT = {"view_on_site"}


class DeskbellAdminSite(UnfoldAdminSite):
    site_title = "Deskbell"
    site_header = "Deskbell"
    index_title = "Overview"

    def register(
        self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any
    ) -> None:
        """Takes our own pages only: what libraries register shows refresh tokens and lock-outs."""
        if admin_class is not None and issubclass(admin_class, ModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_active and (user.is_superuser or getattr(user, "is_owner", False)))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        return csp_replace(ADMIN_CSP)(super().admin_view(view, cacheable))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is one log-in page; who is logged in and still lands here may not enter."""
        if request.user.is_authenticated and not self.has_permission(request):
            return TemplateResponse(request, "admin/no_access.html", status=403)
        after = request.GET.get("next") or reverse(f"{self.name}:index")
        return redirect_to_login(after, settings.LOGIN_URL)

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if getattr(url, "name", "") not in LEFT_OUT]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        # The colours stand in our stylesheet, so that no inline style element is needed.
        context: dict[str, Any] = super().each_context(request)
        return context | {"colors": None}

    def search(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Finds pages by name; never rows, and without the cache."""
        term = request.GET.get("s", "").strip().lower()
        pages = self._search_apps(self.get_app_list(request), term) if term else []
        found = Paginator(pages, max(1, len(pages)))
        template = "command" if "extended" in request.GET else "search"
        return TemplateResponse(
            request,
            f"unfold/helpers/{template}_results.html",
            {"page_obj": found, "results": found.page(1), "page_counter": 0, "execution_time": 0},
            headers={"HX-Trigger": "search"},
        )
