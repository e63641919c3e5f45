from django.apps import AppConfig


class AIModelAppConfig(AppConfig):
    name = "AI_model"
    verbose_name = "AI model"
