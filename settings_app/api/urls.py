"""`/api/v1/knowledge/…` and `/api/v1/prompts/…`."""

from django.urls import URLPattern, URLResolver, include, path

from settings_app.api import imports, knowledge, prompts, sources, versions

v1: list[URLPattern | URLResolver] = [
    path("knowledge/", knowledge.KnowledgeListView.as_view()),
    path("knowledge/draft/", versions.DraftView.as_view()),
    path("knowledge/imports/", imports.ImportListView.as_view()),
    path("knowledge/imports/<str:job_id>/", imports.ImportView.as_view()),
    path("knowledge/publish/", versions.PublishView.as_view()),
    path("knowledge/rollback/", versions.RollbackView.as_view()),
    path("knowledge/sources/", sources.SourceListView.as_view()),
    path("knowledge/sources/<str:source_id>/", sources.SourceView.as_view()),
    path("knowledge/sources/<str:source_id>/read/", sources.SourceReadView.as_view()),
    path("knowledge/sources/<str:source_id>/pending/", sources.SourcePendingView.as_view()),
    path("knowledge/sources/<str:source_id>/documents/", sources.SourceDocumentsView.as_view()),
    path(
        "knowledge/sources/<str:source_id>/documents/<int:position>/",
        sources.SourceDocumentView.as_view(),
    ),
    path("knowledge/versions/", versions.VersionListView.as_view()),
    path("knowledge/versions/<int:number>/", versions.VersionView.as_view()),
    # Ids come last: the words above would be taken for one.
    path("knowledge/<str:entry_id>/", knowledge.KnowledgeView.as_view()),
    path("prompts/", prompts.PromptsView.as_view()),
    path("prompts/publish/", prompts.PublishView.as_view()),
    path("prompts/rollback/", prompts.RollbackView.as_view()),
    path("prompts/versions/", prompts.VersionListView.as_view()),
    path("prompts/versions/<int:version>/", prompts.VersionView.as_view()),
]

urlpatterns = [path("api/v1/", include(v1))]
