from importlib import import_module

from django.apps import AppConfig


class AIChatConfig(AppConfig):
    name = "ai_chat"
    verbose_name = "Staff chat"

    def ready(self) -> None:
        import_module("ai_chat.receivers")
        import_module("ai_chat.maintenance")
        from ai_chat.services.claims import answers_due
        from ai_chat.services.personal import register_parts
        from ai_chat.tasks import write_answer
        from core.lib.sweeping import Sweep, register_sweep

        register_parts()
        register_sweep(Sweep("chat answers", answers_due, write_answer))
