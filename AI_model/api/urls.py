"""`/api/v1/ai/…`, and the AI's part of `/api/v1/conversations/` and `/messages/`."""

from django.urls import URLPattern, URLResolver, include, path

from AI_model.api import config, explain, status, usage

ai = [
    path("config/", config.ConfigView.as_view()),
    path("usage/stats/", usage.UsageStatsView.as_view()),
    path("usage/global/", usage.UsageGlobalView.as_view()),
    path("default-handler/", status.DefaultHandlerView.as_view()),
    path("conversations/bulk-status/", status.BulkStatusView.as_view()),
    path("conversations/<str:conversation_id>/status/", status.StatusView.as_view()),
]
v1: list[URLPattern | URLResolver] = [
    path("ai/", include(ai)),
    path("conversations/<str:conversation_id>/suggest/", explain.SuggestView.as_view()),
    path("messages/<str:message_id>/why/", explain.WhyView.as_view()),
]

urlpatterns = [path("api/v1/", include(v1))]
