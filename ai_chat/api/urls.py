"""The staff's own chats: `/api/ai/…`, and `/chat/…` and `/personas` of seed 002."""

from django.urls import URLPattern, URLResolver, include, path

from ai_chat.api import chats, drafts, export, messages, personas, seed_002, settings

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
    path("insert_draft/", drafts.InsertDraftView.as_view()),
]
ai: list[URLPattern | URLResolver] = [
    path("chats/", chats.ChatListView.as_view()),
    path("chats/<str:ai_chat_id>/", include(one_chat)),
    path("messages/<str:ai_message_id>/", include(one_message)),
    path("folders/", settings.FolderListView.as_view()),
    path("folders/<str:folder_id>/", settings.FolderView.as_view()),
    path("settings/", settings.SettingsView.as_view()),
    path("personas/", personas.PersonaListView.as_view()),
    path("personas/<str:persona_id>/", personas.PersonaView.as_view()),
]
conversation = "chat/conversations/<str:ai_chat_id>"
second_face = [
    path("chat/conversations", seed_002.ConversationListView.as_view()),
    path(conversation, seed_002.ConversationView.as_view()),
    path(f"{conversation}/send", seed_002.SendView.as_view()),
    path(f"{conversation}/messages", seed_002.MessagesView.as_view()),
    path("chat/messages/<str:ai_message_id>", seed_002.MessageView.as_view()),
    path("chat/stats", seed_002.StatsView.as_view()),
    path("chat/health", seed_002.HealthView.as_view()),
    path("personas", seed_002.PersonaListView.as_view()),
    path("personas/<str:persona_id>", seed_002.PersonaView.as_view()),
]

urlpatterns = [path("api/ai/", include(ai)), *second_face]
