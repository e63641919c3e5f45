"""`/auth/…`, with and without a trailing slash."""

from django.urls import URLPattern, path

from accounts.api import schema as schema
from accounts.api import views

ROUTES = {
    "register": views.RegisterView,
    "login": views.LoginView,
    "refresh": views.RefreshView,
    "logout": views.LogoutView,
    "me": views.MeView,
    "ws-ticket": views.TicketView,
}

urlpatterns: list[URLPattern] = [
    route
    for name, view in ROUTES.items()
    for route in (
        path(name, view.as_view(), name=f"auth-{name}"),
        path(f"{name}/", view.as_view()),
    )
]
