from importlib import import_module

from django.apps import AppConfig

from core.lib.sweeping import Sweep, register_sweep


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = "Messaging"

    def ready(self) -> None:
        import_module("messaging.receivers")
        import_module("messaging.maintenance")
        import_module("messaging.hooks.receivers")
        from messaging.hooks.notices import hook_notices
        from messaging.hooks.sending import deliveries_due as hooks_due
        from messaging.hooks.tasks import send_delivery
        from messaging.services.delivery import deliveries_due
        from messaging.services.echoes import events_due
        from messaging.services.media import media_due
        from messaging.services.notices import register_notices
        from messaging.tasks import decide_event, deliver_conversation, fetch_media

        register_sweep(Sweep("deliveries", deliveries_due, deliver_conversation))
        register_sweep(Sweep("events", events_due, decide_event))
        register_sweep(Sweep("media", media_due, fetch_media))
        register_notices(hook_notices)
        register_sweep(Sweep("webhooks", hooks_due, send_delivery))
