"""`/api/v1/knowledge/…` and `/api/v1/prompts/…`."""

from django.urls import URLPattern, URLResolver, include, path

from settings_app.api import knowledge, prompts

v1: list[URLPattern | URLResolver] = [
    path("knowledge/", knowledge.KnowledgeListView.as_view()),
    path("knowledge/<str:entry_id>/", knowledge.KnowledgeView.as_view()),
    path("prompts/", prompts.PromptsView.as_view()),
    path("prompts/publish/", prompts.PublishView.as_view()),
    path("prompts/rollback/", prompts.RollbackView.as_view()),
    path("prompts/versions/", prompts.VersionListView.as_view()),
    path("prompts/versions/<int:version>/", prompts.VersionView.as_view()),
]

urlpatterns = [path("api/v1/", include(v1))]
