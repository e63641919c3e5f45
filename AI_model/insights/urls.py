from django.urls import path

from AI_model.insights import views

app_name = "insights"
urlpatterns = [
    path("insights/", views.insights, name="page"),
    path("insights/conversations/", views.conversations, name="conversations"),
]
