from django.urls import URLPattern, URLResolver, include, path

from messaging.inbox import actions, channels, media, views

message = [
    path("send-again/", actions.send_again, name="send-again"),
]

conversation: list[URLPattern | URLResolver] = [
    path("", views.conversation, name="conversation"),
    path("messages/", views.messages, name="messages"),
    path("messages/<str:message_id>/", include(message)),
    path("answer/", actions.answer, name="answer"),
    path("take-over/", actions.take_over, name="take-over"),
    path("give-back/", actions.give_back, name="give-back"),
    path("close/", actions.close, name="close"),
    path("assign/", actions.assign, name="assign"),
    path("read/", actions.read, name="read"),
]

channel_pages = [
    path("", channels.channels, name="channels"),
    path("alert/", channels.alert, name="channel-alert"),
    path("<str:channel_id>/check/", channels.check, name="check-channel"),
]

pages: list[URLPattern | URLResolver] = [
    path("", views.inbox, name="inbox"),
    path("list/", views.rows, name="rows"),
    path("media/<str:media_id>/", media.media, name="media"),
    path("channels/", include(channel_pages)),
    path("<str:conversation_id>/", include(conversation)),
]

urlpatterns = [path("inbox/", include((pages, "inbox")))]
