from django.urls import path

from messaging.inbox import actions, views

app_name = "inbox"

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("list/", views.rows, name="rows"),
    path("<str:conversation_id>/", views.conversation, name="conversation"),
    path("<str:conversation_id>/messages/", views.messages, name="messages"),
    path("<str:conversation_id>/answer/", actions.answer, name="answer"),
    path("<str:conversation_id>/take-over/", actions.take_over, name="take-over"),
    path("<str:conversation_id>/give-back/", actions.give_back, name="give-back"),
    path("<str:conversation_id>/close/", actions.close, name="close"),
    path("<str:conversation_id>/assign/", actions.assign, name="assign"),
    path("<str:conversation_id>/read/", actions.read, name="read"),
    path("<str:conversation_id>/messages/<str:message_id>/send-again/", actions.send_again, name="send-again"),
]
