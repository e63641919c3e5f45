from importlib import import_module

from django.apps import AppConfig


class SettingsAppConfig(AppConfig):
    name = "settings_app"
    verbose_name = "Settings"

    def ready(self) -> None:
        import_module("settings_app.lookups")
        import_module("settings_app.receivers")
