"""`/api/v1/ai/…`, the AI's part of `/api/v1/conversations/` and `/messages/`, and own models."""

from django.urls import URLPattern, URLResolver, include, path

from AI_model.api import (
    analytics,
    ask,
    changes,
    config,
    endpoints,
    explain,
    replays,
    retention,
    sessions,
    status,
    usage,
)

ai = [
    path("ask/", ask.AskView.as_view()),
    path("sessions/", sessions.SessionListView.as_view()),
    path("sessions/<str:session_id>/", sessions.SessionView.as_view()),
    path("sessions/<str:session_id>/send/", sessions.SessionSendView.as_view()),
    path("config/", config.ConfigView.as_view()),
    path("config/changes/", changes.SettingChangesView.as_view()),
    path("analytics/", analytics.AnalyticsView.as_view()),
    path("analytics/conversations/", analytics.AnalyticsConversationsView.as_view()),
    path("usage/stats/", usage.UsageStatsView.as_view()),
    path("usage/global/", usage.UsageGlobalView.as_view()),
    path("retention/", retention.RetentionView.as_view()),
    path("default-handler/", status.DefaultHandlerView.as_view()),
    path("conversations/bulk-status/", status.BulkStatusView.as_view()),
    path("conversations/<str:conversation_id>/status/", status.StatusView.as_view()),
]
v1: list[URLPattern | URLResolver] = [
    path("ai/", include(ai)),
    path("conversations/<str:conversation_id>/suggest/", explain.SuggestView.as_view()),
    path("messages/<str:message_id>/why/", explain.WhyView.as_view()),
    path("messages/<str:message_id>/verdict/", explain.VerdictView.as_view()),
    path("replays/", replays.ReplayListView.as_view()),
    path("replays/<str:replay_id>/", replays.ReplayView.as_view()),
    path("replays/<str:replay_id>/turns/", replays.ReplayTurnsView.as_view()),
    path("replays/<str:replay_id>/stop/", replays.ReplayStopView.as_view()),
]
own_models = [
    path("endpoints/", endpoints.EndpointListView.as_view()),
    path("endpoints/<str:ai_endpoint_id>/", endpoints.EndpointView.as_view()),
    path("endpoints/<str:ai_endpoint_id>/test/", endpoints.EndpointTestView.as_view()),
    path("endpoints/<str:ai_endpoint_id>/models/", endpoints.OfferedView.as_view()),
    path("models/", endpoints.ModelListView.as_view()),
    path("models/<str:language_model_id>/", endpoints.ModelView.as_view()),
]

urlpatterns = [path("api/v1/", include(v1)), path("api/ai/", include(own_models))]
