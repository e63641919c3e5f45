"""`/api/v1/…` of conversations, messages, channels and customers."""

from django.urls import URLPattern, URLResolver, include, path

from messaging.api import changes, channels, conversations, views
from messaging.hooks import api as hooks

one_conversation = [
    path("", conversations.ConversationView.as_view()),
    path("messages/", conversations.ThreadView.as_view()),
    path("takeover/", conversations.TakeOverView.as_view()),
    path("return-to-ai/", conversations.ReturnView.as_view()),
    path("close/", conversations.CloseView.as_view()),
    path("assign/", conversations.AssignView.as_view()),
    path("changes/", changes.ChangesView.as_view()),
    path("read/", conversations.ReadView.as_view()),
]
v1: list[URLPattern | URLResolver] = [
    path("conversations/", conversations.ConversationListView.as_view()),
    path("conversations/<str:conversation_id>/", include(one_conversation)),
    path("messages/", views.MessageListView.as_view()),
    path("messages/<str:message_id>/", views.MessageView.as_view()),
    path("messages/<str:message_id>/retry/", views.RetryView.as_view()),
    path("media/<str:media_id>/", views.MediaView.as_view()),
    path("customers/<str:customer_id>/", views.CustomerView.as_view()),
    path("channels/", channels.ChannelListView.as_view()),
    path("channels/<str:channel_id>/", channels.ChannelView.as_view()),
    path("channels/<str:channel_id>/health/", channels.ChannelHealthView.as_view()),
    path("webhooks/", hooks.WebhookListView.as_view()),
    path("webhooks/deliveries/<str:delivery_id>/resend/", hooks.ResendView.as_view()),
    path("webhooks/<str:endpoint_id>/", hooks.WebhookView.as_view()),
    path("webhooks/<str:endpoint_id>/test/", hooks.TestView.as_view()),
    path("webhooks/<str:endpoint_id>/rotate/", hooks.RotateView.as_view()),
    path("webhooks/<str:endpoint_id>/deliveries/", hooks.DeliveryListView.as_view()),
]

urlpatterns = [path("api/v1/", include(v1))]
