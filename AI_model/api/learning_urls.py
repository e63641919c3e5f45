"""`/api/v1/knowledge/proposals/…`. Before the entries' addresses: their ids would match it."""

from django.urls import URLPattern, URLResolver, include, path

from AI_model.api import learning, upkeep

v1: list[URLPattern | URLResolver] = [
    path("knowledge/proposals/", learning.ProposalListView.as_view()),
    path("knowledge/proposals/look/", learning.LookView.as_view()),
    path("knowledge/proposals/<str:proposal_id>/", learning.ProposalView.as_view()),
    path("knowledge/proposals/<str:proposal_id>/approve/", learning.ApproveView.as_view()),
    path("knowledge/proposals/<str:proposal_id>/reject/", learning.RejectView.as_view()),
    path("knowledge/upkeep/", upkeep.UpkeepView.as_view()),
]

urlpatterns = [path("api/v1/", include(v1))]
