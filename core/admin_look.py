"""What the admin's theme shows around the pages."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def may_open(app_label: str, model_name: str) -> Callable[[HttpRequest], bool]:
    """Asks the model's own admin page whether this person may see it."""

    def allowed(request: HttpRequest) -> bool:
        from django.apps import apps
        from django.contrib import admin

        model = apps.get_model(app_label, model_name)
        return admin.site.get_model_admin(model).has_module_permission(request)

    return allowed


def page(title: str, icon: str, app_label: str, model_name: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app_label}_{model_name}_changelist"),
        "permission": may_open(app_label, model_name),
    }


NAVIGATION = [
    {
        "title": "Knowledge",
        "items": [
            page("AI prompts", "edit_note", "settings_app", "aiprompts"),
            page("Entries", "menu_book", "settings_app", "knowledgeentry"),
            page("Sources", "language", "settings_app", "knowledgesource"),
            page("Imports", "upload_file", "settings_app", "knowledgejob"),
            page("Draft", "draft", "settings_app", "knowledgedraft"),
            page("Replays", "replay", "AI_model", "replay"),
            page("Versions", "history", "settings_app", "knowledgeversion"),
            page("Proposals", "school", "AI_model", "proposedentry"),
            page("Upkeep", "checklist", "AI_model", "knowledgeupkeep"),
            page("Index", "database", "AI_model", "knowledgeindex"),
        ],
    },
    {
        "title": "Settings",
        "items": [
            page("Business hours", "schedule", "settings_app", "businesshours"),
            page("Holidays", "event_busy", "settings_app", "holiday"),
            page("Retention", "auto_delete", "settings_app", "retention"),
        ],
    },
    {
        "title": "AI model",
        "items": [
            page("AI model configs", "tune", "AI_model", "aimodelconfig"),
            page("AI runs", "history", "AI_model", "airun"),
            page("Usage", "data_usage", "AI_model", "usagerecord"),
            page("Usage by day", "calendar_month", "AI_model", "usageday"),
            page("Prices", "payments", "AI_model", "modelprice"),
            page("Staff chats", "forum", "ai_chat", "chatuser"),
            page("Daily analytics", "bar_chart", "AI_model", "dailyanalytics"),
        ],
    },
    {
        "title": "Messaging",
        "items": [
            page("Channels", "cable", "messaging", "channel"),
            page("Conversations", "forum", "messaging", "conversation"),
            page("Messages", "chat", "messaging", "message"),
            page("Inbound events", "inbox", "messaging", "inboundevent"),
            page("Webhooks", "webhook", "messaging", "webhookendpoint"),
            page("Webhook deliveries", "outbox", "messaging", "webhookdelivery"),
        ],
    },
    {
        "title": "Accounts",
        "items": [
            page("Business", "storefront", "accounts", "business"),
            page("Users", "group", "accounts", "user"),
            page("API keys", "key", "accounts", "apikey"),
            page("Changes of settings", "manage_history", "accounts", "settingchange"),
        ],
    },
    {
        "title": "Clockwork",
        "items": [page("Periodic tasks", "timer", "django_celery_beat", "periodictask")],
    },
]

UNFOLD = {
    "SITE_TITLE": "Deskbell",
    "SITE_HEADER": "Deskbell",
    "SITE_SYMBOL": "concierge",
    "SITE_URL": "/inbox/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/mark.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [lambda request: static("admin/deskbell.css")],
    "SIDEBAR": {"show_search": False, "navigation": NAVIGATION},
}
