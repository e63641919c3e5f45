"""Addresses that platforms deliver to. A slug keeps out what no channel's id can hold."""

from django.urls import path

from messaging.webhooks.views import instagram_webhook, messenger_webhook, telegram_webhook

urlpatterns = [
    path("webhooks/telegram/<slug:channel_id>/", telegram_webhook, name="telegram-webhook"),
    path("webhooks/instagram/", instagram_webhook, name="instagram-webhook"),
    path("webhooks/messenger/", messenger_webhook, name="messenger-webhook"),
]
