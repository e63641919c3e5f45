"""Where every address leads. Each room's urls.py writes its paths in full."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView

from core.docs import api_docs
from core.health import alive, ready
from core.metrics import metrics

urlpatterns = [
    path("", TemplateView.as_view(template_name="landing.html"), name="landing"),
    path("", include("messaging.webhooks.urls")),
    path("", include("accounts.urls")),
    path("", include("messaging.inbox.urls")),
    path("", include("messaging.webchat.urls")),
    path("", include("AI_model.api.learning_urls")),
    path("", include("settings_app.api.urls")),
    path("", include("messaging.api.urls")),
    path("", include("AI_model.api.urls")),
    path("", include("AI_model.insights.urls")),
    path("", include("ai_chat.api.urls")),
    path("", include("ai_chat.pages.urls")),
    path("admin/", admin.site.urls),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", api_docs, name="docs"),
    path("health/", alive, name="alive"),
    path("health/ready/", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
]

handler400 = "core.error_pages.bad_request"
handler403 = "core.error_pages.forbidden"
handler404 = "core.error_pages.not_found"
handler500 = "core.error_pages.server_error"
