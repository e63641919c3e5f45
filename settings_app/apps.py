from importlib import import_module

from django.apps import AppConfig

from core.lib.sweeping import Sweep, register_sweep


class SettingsAppConfig(AppConfig):
    name = "settings_app"
    verbose_name = "Settings"

    def ready(self) -> None:
        import_module("settings_app.lookups")
        import_module("settings_app.maintenance")
        import_module("settings_app.receivers")
        from settings_app.job_runs import register_reader
        from settings_app.jobs import jobs_due
        from settings_app.models import KnowledgeSource
        from settings_app.tasks import run_job
        from settings_app.web.reader import read_web

        register_reader(KnowledgeSource.Kind.WEB, read_web)
        register_sweep(Sweep("knowledge jobs", jobs_due, run_job))
