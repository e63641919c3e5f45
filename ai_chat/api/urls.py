"""`/api/ai/…`: the staff's own chats."""

from django.urls import URLPattern, URLResolver, include, path

from ai_chat.api import chats, export, messages, settings

one_chat = [
    path("", chats.ChatView.as_view()),
    path("messages/", messages.PathView.as_view()),
    path("send_message/", messages.SendMessageView.as_view()),
    path("related_chat_context/", messages.RelatedContextView.as_view()),
    path("export/", export.ExportView.as_view()),
    path("regenerate_title/", messages.TitleView.as_view()),
    path("summarize/", messages.SummaryView.as_view()),
    path("tree/", chats.TreeView.as_view()),
    path("restore/", chats.RestoreView.as_view()),
    path("stop/", chats.StopView.as_view()),
]
one_message = [
    path("", messages.MessageView.as_view()),
    path("activate/", messages.ActivateView.as_view()),
    path("regenerate/", messages.RegenerateView.as_view()),
]
ai: list[URLPattern | URLResolver] = [
    path("chats/", chats.ChatListView.as_view()),
    path("chats/<str:ai_chat_id>/", include(one_chat)),
    path("messages/<str:ai_message_id>/", include(one_message)),
    path("folders/", settings.FolderListView.as_view()),
    path("folders/<str:folder_id>/", settings.FolderView.as_view()),
    path("settings/", settings.SettingsView.as_view()),
]

urlpatterns = [path("api/ai/", include(ai))]
