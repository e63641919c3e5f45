from django.urls import URLPattern, URLResolver, include, path

from ai_chat.pages import actions, printing, settings, views

turn = [
    path("written/", views.written, name="written"),
    path("edit/", actions.edit, name="edit"),
    path("again/", actions.again, name="again"),
    path("activate/", actions.activate, name="activate"),
    path("remove/", actions.remove, name="remove"),
]

chat: list[URLPattern | URLResolver] = [
    path("", views.chat, name="chat"),
    path("turns/", views.turns, name="turns"),
    path("turns/<str:ai_message_id>/", include(turn)),
    path("say/", actions.say, name="say"),
    path("stop/", actions.stop, name="stop"),
    path("send/", actions.send, name="send"),
    path("delete/", actions.delete, name="delete"),
    path("restore/", actions.restore, name="restore"),
    path("print/", printing.printed, name="print"),
]

pages: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("new/", views.new, name="new"),
    path("list/", views.rows, name="rows"),
    path("attachable/", views.attachable, name="attachable"),
    path("settings/", settings.settings, name="settings"),
    path("settings/personas/", settings.personas, name="personas"),
    path("settings/endpoints/", settings.endpoints, name="endpoints"),
    path("<str:ai_chat_id>/", include(chat)),
]

urlpatterns = [path("chat/", include((pages, "chat")))]
