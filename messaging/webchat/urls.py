from django.urls import path

from messaging.webchat.views import MessagesView, VisitorsView, demo, script

app_name = "webchat"
urlpatterns = [
    path("widget/demo/", demo, name="demo"),
    path("widget/<str:channel_id>/widget.js", script, name="script"),
    path("widget/<str:channel_id>/visitors/", VisitorsView.as_view(), name="visitors"),
    path("widget/<str:channel_id>/messages/", MessagesView.as_view(), name="messages"),
]
