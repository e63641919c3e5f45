from django.apps import AppConfig


class ChannelsBridgeConfig(AppConfig):
    name = "channels_bridge"
    verbose_name = "Live events"

    def ready(self) -> None:
        from channels_bridge import receivers, receivers_ai_chat  # noqa: F401
