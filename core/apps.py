from django.apps import AppConfig

import core.celery  # noqa: F401  shared tasks need the application before they are used


class CoreConfig(AppConfig):
    name = "core"
