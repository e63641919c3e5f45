"""Addresses that platforms deliver to. A slug keeps out what no channel's id can hold."""

from django.urls import path

from messaging.webhooks.views import telegram_webhook

urlpatterns = [
    path("webhooks/telegram/<slug:channel_id>/", telegram_webhook, name="telegram-webhook"),
]
